# A small system for the tests of compute lijump and fix msm: Si on the corners of a tilted cell, Li in and between the cells, some
# places empty. No force field: Li flies, so that it visits many sites and crosses the box in a few hundred steps.
source "$SRC/tests/lammps/lib.sh"

cat >sites.yaml <<'END'
format: lisi-sites 1
cell: [[4.0, 0.0, 0.0], [0.4, 4.0, 0.0], [-0.3, 0.2, 4.1]]
framework:
  - {species: Si, frac: [0.0, 0.0, 0.0]}
sites:
  - {type: 1, label: body, frac: [0.5, 0.5, 0.5]}
  - {type: 2, label: face, frac: [0.5, 0.5, 0.0]}
END

# jump_data NX NY NZ SHIFT [TILT] > DATA: types 1 Li and 2 Si; every fifth Li is left out; all shifted along x by SHIFT Angstrom; TILT: xy of
# the unit cell, 0.4 as in sites.yaml
jump_data() {
  awk -v nx="$1" -v ny="$2" -v nz="$3" -v shift="$4" -v tilt="${5:-0.4}" 'BEGIN {
    n = 0
    for (z = 0; z < nz; z++) for (y = 0; y < ny; y++) for (x = 0; x < nx; x++) {
      add(2, x, y, z)
      if ((x + 3 * y + 5 * z) % 5) add(1, x + 0.5, y + 0.5, z + 0.5)
    }
    printf "jumps\n\n%d atoms\n2 atom types\n\n0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n%.17g %.17g %.17g xy xz yz\n\n", n,
      4.0 * nx, 4.0 * ny, 4.1 * nz, tilt * ny, -0.3 * nz, 0.2 * nz
    print "Masses\n\n1 6.94\n2 28.085\n\nAtoms # atomic\n"
    for (k = 1; k <= n; k++) print k, line[k]
  }
  function add(type, a, b, c) { line[++n] = sprintf("%d %.17g %.17g %.17g", type, 4.0 * a + tilt * b - 0.3 * c + shift, 4.0 * b + 0.2 * c, 4.1 * c) }'
}
jump_data 3 3 3 0.0 >start.data

# The part of an input that all tests share. Variables: SETUP what makes the atoms.
cat >start.in <<'END'
units metal
atom_style atomic
boundary p p p
read_data start.data
pair_style zero 3.0
pair_coeff * *
neighbor 1.0 bin
timestep 0.002
group lithium type 1
group silicon type 2
thermo 100
END
# sorted LOG: its records without header and F lines
records() { awk 'inside && !/^F/ { print } /^data$/ { inside = 1 }' "$1"; }
# jumps_in LOG: number of records that are changes from one site to another
jumps_in() { records "$1" | awk '$1 ~ /^[0-9]/ && $3 > 0 && $4 > 0 { n++ } END { print n + 0 }'; }
same() { cmp -s "$1" "$2" || { diff "$1" "$2" | head -n 6 >&2; fail "$3: $1 and $2 differ"; }; [[ -s $1 ]] || fail "$3: $1 is empty"; pass "$3"; }

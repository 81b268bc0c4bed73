# SPDX-License-Identifier: GPL-2.0-or-later
# lisi-msm build on discrete trajectories and count matrices: exact small cases, and input that must be refused.
. "$(dirname "$0")/lib.sh"
. "$SRC/tests/cli/json.bash"
build() { exits 0 "$BIN/lisi-msm" build "$@" --json; }
# counts FILE: the entries of a Matrix Market file, "i j c" joined by commas
counts() { grep -v '^%' "$1" | tail -n +2 | sort | tr '\n' ',' ; }

# [0,0,1,0,1,1,0]: lag 1 [[1,2],[2,1]]; lag 2 [[1,2],[1,1]], strided [[0,1],[1,1]]; lag 3 [[2,1],[0,1]]
printf '0\n0\n1\n0\n1\n1\n0\n' >d.txt
build --dtraj d.txt --lags 1,2 -o o
[[ $(counts o/C_1.mtx) == '1 1 1,1 2 2,2 1 2,2 2 1,' ]] || fail "lag 1: $(counts o/C_1.mtx)"
[[ $(counts o/C_2.mtx) == '1 1 1,1 2 2,2 1 1,2 2 1,' ]] || fail "lag 2: $(counts o/C_2.mtx)"
build --dtraj d.txt --lags 2 --strided -o s
[[ $(counts s/C_2.mtx) == '1 2 1,2 1 1,2 2 1,' ]] || fail "lag 2 strided: $(counts s/C_2.mtx)"
build --dtraj d.txt --lags 3 -o t
[[ $(counts t/C_3.mtx) == '1 1 2,1 2 1,2 2 1,' ]] || fail "lag 3: $(counts t/C_3.mtx)"
[[ $(json time) == '"step"' ]] || fail "the unit of time is a step"
same_numbers states 1 "0"  # 0 -> 1 but never back: two sets of one state, the one with more counts stays
awk -v d="$(json discarded_fraction)" 'BEGIN { exit !(d > 0.49 && d < 0.51) }' || fail "2 of 4 pairs lie elsewhere"
grep -q warning err || fail "no warning about what was left out"
# lag 1 is symmetric: pi = 1/2, lambda = -1/3: flagged as negative
build --dtraj d.txt --lags 1
same_numbers stationary 1 ".5 .5"
same_numbers negative 1 "1"
same_numbers eigenvalues 1 "1 -0.33333333333333333"
close "$(numbers timescales)" "$(awk 'BEGIN { printf "%.17g", 1 / log(3) }')"
grep -q '"D"' out && fail "D without geometry"

# a part of the time: samples 2 to 5 are 1,0,1,1
build --dtraj d.txt --lags 1 --begin 2 --end 5 -o w
[[ $(counts w/C_1.mtx) == '1 2 1,2 1 1,2 2 1,' ]] || fail "--begin 2 --end 5: $(counts w/C_1.mtx)"
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 --begin 7
grep -q 'from 0 to 6 steps' err || fail "what there is is not told: $(cat err)"
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 --begin 3 --end 2
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 --end -1

# own state numbers, gaps (-1) that belong to the path, comments
printf '# a comment\n7\n7\n-1\n-3\n-3\n7\n-3\n' >e.txt
build --dtraj e.txt d.txt --lags 1 --estimator row
grep -q '"n_trajectories": 2' out || fail "two trajectories"
build --dtraj e.txt --lags 1 --estimator row -o e
same_numbers states 1 "-3 7"
[[ $(counts e/C_1.mtx) == '1 1 1,1 2 1,2 1 1,2 2 1,' ]] || fail "a gap invents no pair: $(counts e/C_1.mtx)"
build --dtraj e.txt --lags 3 -o g --resamples 0
[[ $(counts g/C_3.mtx) == '1 1 1,2 1 2,' ]] || fail "pairs across a gap count: $(counts g/C_3.mtx)"

# count matrices: reversible estimate of a symmetric one is itself
printf '90 10 0\n10 70 20\n0 20 80\n' >C.txt
build --count-matrix C.txt
same_numbers stationary 1 "$(awk 'BEGIN { printf "%.17g %.17g %.17g", 1/3, 1/3, 1/3 }')"
printf '%%%%MatrixMarket matrix coordinate integer general\n3 3 7\n1 1 90\n1 2 10\n2 1 10\n2 2 70\n2 3 20\n3 2 20\n3 3 80\n' >C.mtx
cp out first
build --count-matrix C.mtx
[[ $(json timescales) == "$(out=first; tr '\n' ' ' <first | grep -o '"timescales": \[[^]]*\]' | sed 's/"timescales": //')" ]] || fail "text and Matrix Market differ"
# 2x2: lambda = 1 - p - q
printf '8,2\n3,7\n' >two.txt
build --count-matrix two.txt --estimator row
same_numbers eigenvalues 1 "1 0.5"
same_numbers stationary 1 ".6 .4"
# a given stationary distribution is kept
printf '0.25 0.25 0.5\n' >pi.txt
build --count-matrix C.txt --estimator fixed-pi --pi pi.txt
same_numbers stationary 1 ".25 .25 .5"

# ---- refused -----------------------------------------------------------------------------------------------------------
bad() { # TEXT ARGS...: exit 2, the message holds TEXT, nothing on stdout, nothing written
  local text=$1; shift
  exits 2 "$BIN/lisi-msm" build "$@" --json -o never
  says "$text"
  [[ ! -s out ]] || fail "output in spite of an error: $*"
  [[ ! -e never/model.yaml ]] || fail "a model was written: $*"
}
matrix() { printf "$2" >bad.txt; bad "$1" --count-matrix bad.txt; says bad.txt; }
matrix 'bad.txt' '1 2\n3 4\n5 6\n'
matrix 'bad.txt:2' '1 2\n3\n'
matrix '2' '1 2\n0 0\n'
matrix 'bad.txt:2' '1 2\n3 -4\n'
matrix 'bad.txt:1' '1 nan\n3 4\n'
matrix 'bad.txt:1' '1 inf\n3 4\n'
matrix 'abc' '1 2\nabc 4\n'
matrix 'bad.txt' ''
bad 'missing.txt' --count-matrix missing.txt
bad 'lag' --dtraj d.txt --lags 7
bad '1.5' --dtraj d.txt --lags 1.5
bad '-1' --dtraj d.txt --lags -1
bad '0' --dtraj d.txt --lags 0
bad "'x'" --dtraj d.txt --lags 1,x
: >empty.txt
bad 'empty.txt' --dtraj empty.txt --lags 1
printf -- '-1\n-1\n' >none.txt
bad 'none.txt' --dtraj none.txt --lags 1
printf '0\n1.5\n' >frac.txt
bad 'frac.txt:2' --dtraj frac.txt --lags 1
bad 'missing.txt' --dtraj missing.txt --lags 1
bad 'estimator' --dtraj d.txt --lags 1 --estimator best
bad '--pi' --dtraj d.txt --lags 1 --estimator fixed-pi
printf '0.5\n' >short.txt
bad 'short.txt' --dtraj d.txt --lags 1 --estimator fixed-pi --pi short.txt
bad 'only one' --dtraj d.txt --count-matrix C.txt
bad 'no input'
bad '--fold' --dtraj d.txt --fold maybe
bad '--frob' --dtraj d.txt --frob
bad 'twice' --dtraj d.txt --seed 1 --seed 2
bad '--blocks' --dtraj d.txt --blocks 0
touch plain
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 -o plain/x; says plain
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 -o plain; says plain

# one file twice is no more data; intervals from one resample are none
exits 2 "$BIN/lisi-msm" build --dtraj d.txt ./d.txt --lags 1; says 'the same file'
exits 2 "$BIN/lisi-msm" build --dtraj d.txt --lags 1 --resamples 1; says '20 to 100000'

# the program itself
exits 2 "$BIN/lisi-msm"
exits 2 "$BIN/lisi-msm" frobnicate; says frobnicate
exits 0 "$BIN/lisi-msm" --help; grep -q transport out || fail "help lists no transport"
exits 0 "$BIN/lisi-msm" --version; grep -q '^lisi-msm [0-9]' out || fail "version"
for c in build transport report; do exits 0 "$BIN/lisi-msm" $c --help; grep -q Examples out || fail "$c --help has no example"; done

# the report comes again from the folder alone, and refuses what is none
rm o/report.html
exits 0 "$BIN/lisi-msm" report o
grep -q '</html>' o/report.html || fail "the report is not complete"
mkdir nothing; exits 2 "$BIN/lisi-msm" report nothing; says nothing/model.yaml
sed -i 's/lisi-msm 1/lisi-msm 99/' o/model.yaml; exits 2 "$BIN/lisi-msm" report o; says 99
# no gnuplot, no Graphviz: the page still comes, with a note
mkdir bin; exits 0 env PATH="$PWD/bin" "$BIN/lisi-msm" report s; says gnuplot
grep -q 'gnuplot could not draw' s/report.html || fail "no note about missing programs"
# same seed, same result
build --dtraj d.txt --lags 1 --seed 5; cp out a; build --dtraj d.txt --lags 1 --seed 5; cmp a out || fail "the same seed gives another result"
# a state that is seen last and never left: the model is of the others, and what is made of the folder goes on with their pi
awk 'BEGIN { srand(2); s = 1; for (k = 0; k < 300; k++) { print s; if (rand() < .2) s = 3 - s } print 3 }' >sink.txt
printf '.5\n.5\n.5\n' >three.txt
exits 0 "$BIN/lisi-msm" build --dtraj sink.txt --lags 1,2 --estimator fixed-pi --pi three.txt -o sink
exits 0 "$BIN/lisi-msm" paths sink --from 1 --to 2
exits 0 "$BIN/lisi-msm" ck sink
pass "dtrajs and count matrices"

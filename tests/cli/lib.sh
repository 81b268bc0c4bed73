# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of the command-line tools share; source it first.
. "$(dirname "${BASH_SOURCE[0]}")/../lammps/lib.sh"
# exits N COMMAND...: the command must end with exit status N; its output is in out and err
exits() {
  local want=$1 got=0; shift
  "$@" >out 2>err || got=$?
  [[ $got == "$want" ]] || { cat out err | tail -n 15 >&2; fail "exit status $got, expected $want: $*"; }
}
# says TEXT: the last command's stderr must hold TEXT
says() { grep -qF -- "$1" err || { tail -n 5 err >&2; fail "the message does not say: $1"; }; }

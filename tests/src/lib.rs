//! Black-box tests of the `yimen` binary: see `black_box/`.

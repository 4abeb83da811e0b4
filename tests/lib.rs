//! Nothing but a place for the tests in `black_box/`: one test binary for the whole house.

//! `loyalty-dsl`: see [`loyalty_dsl::cli`].

fn main() -> std::process::ExitCode {
    loyalty_dsl::cli::main()
}

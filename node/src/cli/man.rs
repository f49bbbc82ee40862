//! The command `coinage man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, Command};
use serde_json::json;

use super::failure::Failure;
use super::printer::Output;

/// Where to.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  coinage man --out man1")]
pub(crate) struct ManArguments {
    /// Write a page for each command into this directory [default: print that of the program]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The manual, made of the very texts of `--help`.
pub(crate) fn run(arguments: &ManArguments, program: Command) -> Result<Output, Failure> {
    let failed = |error: std::io::Error| Failure::new("file.write", error);
    let Some(directory) = &arguments.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(program).render(&mut page).map_err(failed)?;
        let page = String::from_utf8(page).map_err(|error| Failure::new("other", error))?;
        return Ok(Output::new(&page, page.as_str()));
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(program, directory).map_err(failed)?;
    let shown = directory.display().to_string();
    Ok(Output::new(json!({ "directory": shown }), format!("manual pages written to {shown}")))
}

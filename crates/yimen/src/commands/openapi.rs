//! `yimen openapi`.

use std::fs;
use std::process::ExitCode;

use crate::cli::OpenapiArgs;
use crate::failure::Failure;
use crate::output;

pub fn run(args: &OpenapiArgs) -> Result<ExitCode, Failure> {
    let mut all = serde_json::Map::new();
    for (name, document) in api::openapi_documents() {
        let failed =
            |error: &dyn std::error::Error| Failure::because(format_args!("{name} can't be written"), error);
        let value = serde_json::to_value(&document).map_err(|error| failed(&error))?;
        match &args.out {
            Some(folder) => {
                let mut text = serde_json::to_string_pretty(&value).map_err(|error| failed(&error))?;
                text.push('\n');
                fs::create_dir_all(folder).map_err(|error| failed(&error))?;
                fs::write(folder.join(format!("{name}.json")), text).map_err(|error| failed(&error))?;
            }
            None => drop(all.insert(name.to_owned(), value)),
        }
    }
    if args.out.is_none() {
        output::say(&format!("{:#}", serde_json::Value::Object(all)))?;
    }
    Ok(ExitCode::SUCCESS)
}

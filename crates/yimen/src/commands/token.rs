//! `yimen token`: tokens of the demo's development issuer, and of no other.

use std::process::ExitCode;
use std::time::Duration;

use domain::{DepartmentId, Division};
use identity::DevelopmentIssuer;
use jiff::Timestamp;

use crate::cli::TokenArgs;
use crate::demo::{self, State, Variation};
use crate::failure::Failure;
use crate::output;

pub fn run(args: TokenArgs) -> Result<ExitCode, Failure> {
    let folder = args.data_dir.display();
    let key = demo::issuer_key(&args.data_dir);
    let state = State::read(&args.data_dir)?;
    let Some(state) = state.filter(|_| key.is_file()) else {
        return Err(Failure::new(format!(
            "{folder} is no data directory of a demo; Yimen mints no tokens for real issuers: ask the identity provider"
        )));
    };
    let department = args
        .department
        .map(|text| {
            text.parse::<DepartmentId>()
                .map_err(|error| Failure::usage(format!("--department {text}: {error}")))
        })
        .transpose()?;
    if args.role.is_of_a_department() && department.is_none() {
        return Err(Failure::usage(
            "a clerk and a department-reviewer belong to a department: give --department",
        ));
    }
    if let Some(region) = &args.region {
        region.parse::<Division>().map_err(|error| Failure::usage(format!("--region {region}: {error}")))?;
    }
    let issuer = DevelopmentIssuer::load_or_generate(state.issuer(), &key)
        .map_err(|error| Failure::because("the development issuer has no key", &error))?;
    let variation = Variation {
        department,
        subject: args.subject,
        region: args.region,
        lifetime: Some(Duration::from_secs(3600 * u64::from(args.hours))),
    };
    output::say(&demo::token(&issuer, args.role, variation, Timestamp::now())?)?;
    Ok(ExitCode::SUCCESS)
}

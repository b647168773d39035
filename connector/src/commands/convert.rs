//! `convert`: from the values of the vendor's Helm chart to a configuration file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;

use aeroduct_config::{Conversion, FILE_BYTES_MAX, from_helm_values};

use super::{WRONG_CONFIGURATION, answer, print, refused};
use crate::cli::Convert;

/// What stands for standard input.
const STDIN: &str = "-";

/// Writes the configuration that the values make, and says what of them it does not hold.
pub fn convert(options: &Convert) -> ExitCode {
    let path = &options.from_helm_values;
    let values = match read(path) {
        Ok(values) => values,
        Err(error) => {
            print::error(format_args!(
                "cannot read the values file {}: {error}; name a readable file, or - for standard input",
                path.display()
            ));
            return ExitCode::from(WRONG_CONFIGURATION);
        }
    };
    let origin = if is_stdin(path) {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    match from_helm_values(&values, &origin, options.release.as_deref()) {
        Ok(conversion) => {
            tell(&conversion, &origin);
            write(&conversion.text, options.output.as_deref())
        }
        Err(diagnostics) => refused(&diagnostics),
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// The content of the file, and one byte beyond the bound where it is larger.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut values = Vec::new();
    if is_stdin(path) {
        let input = io::stdin().lock();
        input.take(FILE_BYTES_MAX + 1).read_to_end(&mut values)?;
    } else {
        let input = File::open(path)?;
        input.take(FILE_BYTES_MAX + 1).read_to_end(&mut values)?;
    }
    Ok(values)
}

fn tell(conversion: &Conversion, origin: &str) {
    for note in &conversion.notes {
        print::note(format_args!("{origin}:{note}"));
    }
    for warning in &conversion.warnings {
        print::warning(format_args!("{warning}"));
    }
}

fn write(text: &str, output: Option<&Path>) -> ExitCode {
    let Some(path) = output else {
        return answer(format_args!("{}", text.trim_end()));
    };
    match fs::write(path, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(format_args!("cannot write {}: {error}", path.display()));
            ExitCode::FAILURE
        }
    }
}

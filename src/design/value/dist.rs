//! The text of a distribution: a name with its parameters, `lognormal(10 ms, cv 1.5)`.

use super::parse::{cut, parse_count, parse_duration, parse_factor, parse_share};
use super::{Dist, Factor, MICRO, ValueError};
use crate::design::nearest::nearest;
use crate::time::Duration;

/// Every form with an example, in the order of the documentation.
pub const FORMS: &[(&str, &str)] = &[
    ("constant", "constant(10 ms)"),
    ("uniform", "uniform(5 ms, 15 ms)"),
    ("exponential", "exponential(10 ms)"),
    ("erlang", "erlang(10 ms, shape 2)"),
    ("lognormal", "lognormal(10 ms, cv 1.5)"),
    ("pareto", "pareto(5 ms, alpha 2.5, max 10 s)"),
    ("bimodal", "bimodal(10 ms, 1 s, slow 1 %)"),
    ("hyperexponential", "hyperexponential(10 ms, cv2 4)"),
    ("empirical", "empirical(5 ms x 90, 50 ms x 9, 1 s x 1)"),
];

/// No single draw of these means gets near the end of simulated time.
const LONGEST: Duration = Duration::from_secs(86_400);
const MAX_SHAPE: u64 = 100;
const MAX_SPREAD: Factor = Factor(100 * MICRO);
const MAX_ROWS: usize = 100;
const MAX_WEIGHT: u64 = 1_000_000_000;

pub fn parse(text: &str) -> Result<Dist, ValueError> {
    let Some((name, rest)) = text.split_once('(') else {
        // A bare word may be a distribution without its parameters.
        if let Some((_, example)) = FORMS.iter().find(|(name, _)| *name == text) {
            let message = format!("`{text}` needs its parameters");
            return Err(ValueError::new(message).help(format!("for example `{example}`")));
        }
        return length(text).map(Dist::Constant);
    };
    let name = name.trim();
    let Some(&(form, example)) = FORMS.iter().find(|(form, _)| *form == name) else {
        let help = match nearest(name, FORMS.iter().map(|(form, _)| *form)) {
            Some(form) => format!("did you mean `{form}`? {}", all_forms()),
            None => all_forms(),
        };
        let message = format!("`{}` is no distribution", cut(name));
        return Err(ValueError::new(message).help(help));
    };
    let Some(inner) = rest.trim_end().strip_suffix(')') else {
        let message = format!("`{}` does not end with `)`", cut(text));
        return Err(ValueError::new(message).help(format!("for example `{example}`")));
    };
    let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
    if form == "empirical" {
        return empirical(&parts);
    }
    let wrong_parts = || {
        let message = format!("`{}` does not have the parameters of `{form}`", cut(text));
        ValueError::new(message).help(format!("for example `{example}`"))
    };
    let dist = match (form, parts.as_slice()) {
        ("constant", [value]) => Dist::Constant(length(value)?),
        ("uniform", [low, high]) => uniform(length(low)?, length(high)?)?,
        ("exponential", [mean]) => Dist::Exponential {
            mean: positive(mean)?,
        },
        ("erlang", [mean, shape]) => Dist::Erlang {
            mean: positive(mean)?,
            shape: shape_of(named(shape, "shape").ok_or_else(wrong_parts)?)?,
        },
        ("lognormal", [mean, cv]) => Dist::Lognormal {
            mean: positive(mean)?,
            cv: spread(
                named(cv, "cv").ok_or_else(wrong_parts)?,
                "cv",
                Factor(1_000),
            )?,
        },
        ("pareto", [min, alpha]) => {
            pareto(min, named(alpha, "alpha").ok_or_else(wrong_parts)?, None)?
        }
        ("pareto", [min, alpha, max]) => pareto(
            min,
            named(alpha, "alpha").ok_or_else(wrong_parts)?,
            Some(named(max, "max").ok_or_else(wrong_parts)?),
        )?,
        ("bimodal", [fast, slow, share]) => Dist::Bimodal {
            fast: length(fast)?,
            slow: length(slow)?,
            slow_share: parse_share(named(share, "slow").ok_or_else(wrong_parts)?)?,
        },
        ("hyperexponential", [mean, cv2]) => Dist::Hyperexponential {
            mean: positive(mean)?,
            cv2: spread(
                named(cv2, "cv2").ok_or_else(wrong_parts)?,
                "cv2",
                Factor(MICRO),
            )?,
        },
        _ => return Err(wrong_parts()),
    };
    Ok(dist)
}

/// The distributions in one line, for help.
fn all_forms() -> String {
    let names: Vec<&str> = FORMS.iter().map(|(name, _)| *name).collect();
    format!("there are {}", names.join(", "))
}

/// `cv 1.5` without its word.
fn named<'a>(part: &'a str, word: &str) -> Option<&'a str> {
    let value = part.strip_prefix(word)?;
    value.starts_with(char::is_whitespace).then(|| value.trim())
}

fn length(text: &str) -> Result<Duration, ValueError> {
    let length = parse_duration(text)?;
    if length > LONGEST {
        let message = format!("`{}` is too large", cut(text));
        return Err(ValueError::new(message).help(format!("allowed: up to {LONGEST}")));
    }
    Ok(length)
}

fn positive(text: &str) -> Result<Duration, ValueError> {
    let length = length(text)?;
    if length == Duration::ZERO {
        let message = format!("`{}` is too small", cut(text));
        return Err(ValueError::new(message)
            .help("a mean is longer than nothing; `0 s` alone is a constant"));
    }
    Ok(length)
}

fn uniform(low: Duration, high: Duration) -> Result<Dist, ValueError> {
    if low > high {
        let help = format!("write `uniform({high}, {low})`");
        return Err(ValueError::new(format!("`{low}` is longer than `{high}`")).help(help));
    }
    Ok(Dist::Uniform { low, high })
}

fn shape_of(text: &str) -> Result<u32, ValueError> {
    match parse_count(text)? {
        shape @ 1..=MAX_SHAPE => Ok(shape as u32),
        _ => {
            let message = format!("shape `{}` is out of range", cut(text));
            Err(ValueError::new(message).help(format!("allowed: 1 to {MAX_SHAPE}")))
        }
    }
}

fn spread(text: &str, name: &str, min: Factor) -> Result<Factor, ValueError> {
    let factor = parse_factor(text)?;
    if factor < min || factor > MAX_SPREAD {
        let message = format!("{name} `{}` is out of range", cut(text));
        return Err(ValueError::new(message).help(format!("allowed: {min} to {MAX_SPREAD}")));
    }
    Ok(factor)
}

fn pareto(min: &str, alpha: &str, max: Option<&str>) -> Result<Dist, ValueError> {
    let min = positive(min)?;
    // A tail heavier than 0.1 passes the end of simulated time within a handful of draws.
    let alpha = spread(alpha, "alpha", Factor(MICRO / 10))?;
    let max = max.map(length).transpose()?;
    if let Some(max) = max.filter(|max| *max < min) {
        let message = format!("the longest, `{max}`, is shorter than the shortest, `{min}`");
        return Err(
            ValueError::new(message).help("for example `pareto(5 ms, alpha 2.5, max 10 s)`")
        );
    }
    if max.is_none() && alpha.0 <= MICRO {
        let message = "a Pareto tail with alpha of 1 or less has no mean";
        return Err(ValueError::new(message).help("give it a longest value: `, max 10 s`"));
    }
    Ok(Dist::Pareto { min, alpha, max })
}

fn empirical(parts: &[&str]) -> Result<Dist, ValueError> {
    if parts.len() > MAX_ROWS {
        return Err(ValueError::new(format!(
            "a table has at most {MAX_ROWS} values"
        )));
    }
    let mut rows = Vec::with_capacity(parts.len());
    for part in parts {
        let Some((value, weight)) = part.split_once(" x ") else {
            let message = format!("`{}` has no weight", cut(part));
            return Err(
                ValueError::new(message).help("for example `empirical(5 ms x 90, 1 s x 1)`")
            );
        };
        let weight_of_row = parse_count(weight)?;
        if weight_of_row == 0 || weight_of_row > MAX_WEIGHT {
            let message = format!("weight `{}` is out of range", cut(weight.trim()));
            return Err(ValueError::new(message).help(format!("allowed: 1 to {MAX_WEIGHT}")));
        }
        rows.push((length(value)?, weight_of_row));
    }
    Ok(Dist::Empirical(rows))
}

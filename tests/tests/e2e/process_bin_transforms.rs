//! Which bins are published, and under which names.

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::source::{PERMANENT, SUCCESS};
use anyhow::Result;

use crate::stand::Stand;

/// Sends one record with each of these sets of bins; the answers, and the names of the bins of
/// each record that came through.
fn transform(
    topic: &str,
    transforms: &str,
    records: &[&[&str]],
) -> Result<(Vec<u8>, Vec<Vec<String>>)> {
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: json }}
bin-transforms: {{ {transforms} }}"
    );
    let mut stand = Stand::start(&[Topic::new(topic, 1)], &blocks)?;
    let write = |(number, names): (u64, &&[&str])| {
        let record = Message::write("shop", digest(number));
        names
            .iter()
            .fold(record, |record, name| record.text(name, "v"))
    };
    let messages: Vec<_> = (1..).zip(records).map(write).collect();
    let answers = stand.ask(&messages)?;
    let passed = answers.iter().copied().filter(|&answer| answer == SUCCESS);
    let names = |bins: &serde_json::Value| {
        let bins = bins.as_array().into_iter().flatten();
        let names = bins.filter_map(|bin| bin["name"].as_str());
        names.map(str::to_owned).collect()
    };
    let mut published = Vec::new();
    for record in stand.read(topic, passed.count())? {
        let value: serde_json::Value = serde_json::from_str(&record.text())?;
        published.push(names(&value["bins"]));
    }
    Ok((answers, published))
}

const PERSON: &[&str] = &["name", "dob", "age", "mobile_no", "email_id", "fax_no"];

// covers: bin-transforms.include.type=specified, bin-transforms.include.bins
#[test]
fn only_the_bins_that_are_included_are_published() -> Result<()> {
    let include = "include: { type: specified, bins: [name, dob, mobile_no] }";
    let (_, published) = transform("bins-included", include, &[PERSON, &["age"]])?;
    let nothing: &[&str] = &[];
    assert_eq!(published[0], ["name", "dob", "mobile_no"]);
    assert_eq!(published[1], nothing);
    Ok(())
}

// covers: bin-transforms.exclude
#[test]
fn bins_that_are_excluded_are_not_published_even_when_they_are_included() -> Result<()> {
    let exclude = "exclude: { type: specified, bins: [age, fax_no] }";
    let (_, published) = transform("bins-excluded", exclude, &[PERSON])?;
    assert_eq!(published, [["name", "dob", "mobile_no", "email_id"]]);

    let both = "include: { type: specified, bins: [name, age] }, \
                exclude: { type: specified, bins: [age, fax_no] }";
    let (_, published) = transform("bins-both", both, &[PERSON])?;
    assert_eq!(published, [["name"]]);
    Ok(())
}

// covers: bin-transforms.map, bin-transforms.transforms
#[test]
fn bins_are_renamed_by_the_map_or_by_the_transforms_and_never_by_both() -> Result<()> {
    let renamed = "map: { mobile_no: Phone_No }, \
                   exclude: { type: specified, bins: [fax_no, phone-no] }, \
                   transforms: [trim, { regex: { pattern: _, replacement: '-' } }, uppercase]";
    let person: &[&str] = &[" name ", "mobile_no", "email_id", "fax_no"];
    let (_, published) = transform("bins-renamed", renamed, &[person])?;
    assert_eq!(published, [["NAME", "Phone_No", "EMAIL-ID"]]);
    Ok(())
}

#[test]
fn a_record_whose_bins_become_one_is_refused_and_its_neighbours_pass() -> Result<()> {
    let records: [&[&str]; 5] = [
        &["name"],
        &["name", "NAME"],
        &["Name", "other"],
        &["full", "Name"],
        &["NAME"],
    ];
    let renamed = "map: { full: name }, transforms: [lowercase]";
    let (answers, published) = transform("bins-one", renamed, &records)?;
    assert_eq!(answers, [SUCCESS, PERMANENT, SUCCESS, PERMANENT, SUCCESS]);
    assert_eq!(published[0], ["name"]);
    assert_eq!(published[1], ["name", "other"]);
    assert_eq!(published[2], ["name"]);
    Ok(())
}

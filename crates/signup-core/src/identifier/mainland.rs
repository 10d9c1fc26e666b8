//! Mobile number segments of mainland China.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

// Segments as assigned by the Ministry of Industry and Information Technology. Ten thousand-blocks that carriers
// share are written with four digits. Left out: 13-digit numbers for machines (140, 141, 144), and 192, which
// belongs to the fourth carrier.
const CHINA_MOBILE: &[&str] = &[
    "1340", "1341", "1342", "1343", "1344", "1345", "1346", "1347", "1348", "135", "136", "137",
    "138", "139", "147", "148", "150", "151", "152", "157", "158", "159", "165", "1703", "1705",
    "1706", "172", "178", "182", "183", "184", "187", "188", "195", "197", "198",
];
const CHINA_UNICOM: &[&str] = &[
    "130", "131", "132", "145", "146", "155", "156", "166", "167", "1704", "1707", "1708", "1709",
    "171", "175", "176", "185", "186", "196",
];
// 1349 and 1740 are its satellite phones.
const CHINA_TELECOM: &[&str] = &[
    "133", "1349", "149", "153", "162", "1700", "1701", "1702", "173", "1740", "177", "180", "181",
    "189", "190", "191", "193", "199",
];

/// The number prefixes that count as mobile numbers of mainland China. Data, because new ones are assigned every
/// few years; the default is those of the three carriers, their virtual operators included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct MainlandSegments {
    prefixes: BTreeSet<String>,
}

/// A list of segments that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The list would refuse every number.
    #[error("the list of number segments is empty")]
    Empty,
    /// An entry that is not a segment.
    #[error("`{0}` is not a segment: 3 or 4 digits, the first 1, the second 3 to 9")]
    Malformed(String),
}

impl MainlandSegments {
    /// Takes prefixes of 3 or 4 digits, such as `138` and `1703`. Repeated entries count once.
    pub fn parse_list(prefixes: &[String]) -> Result<Self, SegmentError> {
        if prefixes.is_empty() {
            return Err(SegmentError::Empty);
        }
        if let Some(malformed) = prefixes.iter().find(|prefix| !is_segment(prefix)) {
            return Err(SegmentError::Malformed(malformed.clone()));
        }
        Ok(Self {
            prefixes: prefixes.iter().cloned().collect(),
        })
    }

    /// Whether a national number starts with one of the prefixes.
    pub fn contains(&self, national: &str) -> bool {
        [3, 4]
            .into_iter()
            .filter_map(|length| national.get(..length))
            .any(|prefix| self.prefixes.contains(prefix))
    }
}

impl Default for MainlandSegments {
    fn default() -> Self {
        Self {
            prefixes: [CHINA_MOBILE, CHINA_UNICOM, CHINA_TELECOM]
                .into_iter()
                .flatten()
                .map(|prefix| (*prefix).to_owned())
                .collect(),
        }
    }
}

impl TryFrom<Vec<String>> for MainlandSegments {
    type Error = SegmentError;

    fn try_from(prefixes: Vec<String>) -> Result<Self, Self::Error> {
        Self::parse_list(&prefixes)
    }
}

impl From<MainlandSegments> for Vec<String> {
    fn from(segments: MainlandSegments) -> Self {
        segments.prefixes.into_iter().collect()
    }
}

fn is_segment(prefix: &str) -> bool {
    matches!(prefix.len(), 3 | 4)
        && matches!(prefix.as_bytes(), [b'1', b'3'..=b'9', rest @ ..]
            if rest.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn list(prefixes: &[&str]) -> Vec<String> {
        prefixes.iter().map(|prefix| (*prefix).to_owned()).collect()
    }

    #[test]
    fn the_default_segments_are_well_formed_and_do_not_overlap() {
        let segments = MainlandSegments::default();
        let prefixes = Vec::from(segments.clone());
        assert_eq!(MainlandSegments::parse_list(&prefixes), Ok(segments));
        for prefix in &prefixes {
            let shadowed = prefixes
                .iter()
                .any(|other| other != prefix && prefix.starts_with(other.as_str()));
            assert!(!shadowed, "{prefix}");
        }
        let listed = CHINA_MOBILE.len() + CHINA_UNICOM.len() + CHINA_TELECOM.len();
        assert_eq!(prefixes.len(), listed);
    }

    #[test]
    fn a_number_belongs_to_a_segment_of_three_or_four_digits() {
        let segments = MainlandSegments::parse_list(&list(&["138", "1703"])).unwrap();
        assert!(segments.contains("13800138000"));
        assert!(segments.contains("17030000000"));
        assert!(!segments.contains("17040000000"));
        assert!(!segments.contains("13"));
    }

    #[test]
    fn a_list_with_a_bad_entry_is_refused_naming_it() {
        assert_eq!(MainlandSegments::parse_list(&[]), Err(SegmentError::Empty));
        for bad in ["", "13", "13800", "238", "128", "13x", "1３8"] {
            assert_eq!(
                MainlandSegments::parse_list(&list(&["138", bad])),
                Err(SegmentError::Malformed(bad.to_owned()))
            );
        }
    }

    #[test]
    fn segments_are_read_from_a_plain_list() {
        let segments: MainlandSegments = serde_json::from_str(r#"["138","1703"]"#).unwrap();
        assert_eq!(
            serde_json::to_string(&segments).unwrap(),
            r#"["138","1703"]"#
        );
        assert!(serde_json::from_str::<MainlandSegments>(r#"["7"]"#).is_err());
    }
}

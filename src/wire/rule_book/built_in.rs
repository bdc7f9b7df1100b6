//! The rule book that the program carries, so that it works from any folder.

use super::Files;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../deploy/bth/", $name)))),*]
    };
}

const BTH: [(&str, &str); 12] = files![
    "airshed.toml",
    "index/HJ-633-2012.toml",
    "index/HJ-633-2026.toml",
    "measures.toml",
    "standards/BJ-2013.toml",
    "standards/BJ-2015.toml",
    "standards/BTH-2016.toml",
    "standards/BTH-2016P.toml",
    "standards/BTH-2017.toml",
    "standards/BTH-2018.toml",
    "standards/BTH-2023.toml",
    "stations.csv",
];

const COOPERATION: [(&str, &str); 1] = files!["cooperation.toml"];

/// The files of `deploy/bth`, and that by which bodies are asked for answers.
pub fn built_in_with_answers() -> Files {
    let answers = COOPERATION.iter().map(|(name, text)| ((*name).into(), (*text).into()));
    built_in().into_iter().chain(answers).collect()
}

/// The files of `deploy/bth`. Bodies are asked for nothing.
pub fn built_in() -> Files {
    BTH.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()
}

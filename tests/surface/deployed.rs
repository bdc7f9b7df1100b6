//! The files of `deploy` by which airshed runs in containers, as the tools that read them see them;
//! and a real Prometheus that scrapes a real `serve`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::serving::{Serving, readings};
use crate::{printed, skip};

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// Runs a tool, which must have nothing against a file.
fn accepts(tool: &Path, arguments: &[&str], file: &Path) {
    let output = Command::new(tool).args(arguments).arg(file).output().unwrap();
    let words = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(output.status.success(), "{}: {words:?}", file.display());
}

#[test]
fn the_compose_file_has_its_form_and_names_files_that_are_there() {
    let Some(check) = skip::outside("python/bin/check-jsonschema", "tests/outside/install") else {
        return;
    };
    accepts(&check, &["--builtin-schema", "vendor.compose-spec"], &deployed("compose.yaml"));
    let text = fs::read_to_string(deployed("compose.yaml")).unwrap();
    let mounted = text.lines().filter_map(|it| it.trim().strip_prefix("- ./"));
    let mounted: Vec<&str> = mounted.filter_map(|it| it.split(':').next()).collect();
    assert!(mounted.len() > 4, "{mounted:?}");
    for file in mounted {
        assert!(deployed(file).exists(), "deploy/{file}");
    }
}

#[test]
fn the_image_is_made_as_hadolint_wants_it() {
    let Some(hadolint) = skip::outside("python/bin/hadolint", "tests/outside/install") else {
        return;
    };
    // Versions of Debian's packages change with each update of the release.
    accepts(&hadolint, &["--ignore", "DL3008"], &deployed("Dockerfile"));
}

#[test]
fn the_configurations_are_right() {
    for file in ["config.toml", "compose.toml"] {
        let file = deployed(file).display().to_string();
        printed(&["config", "check", &file]);
    }
    let Some(promtool) = skip::program("promtool", "prometheus") else { return };
    accepts(&promtool, &["check", "config"], &deployed("prometheus/prometheus.yml"));
}

/// A Prometheus; it ends with the test.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_real_prometheus_scrapes_it_and_evaluates_the_rules() {
    let Some(program) = skip::program("prometheus", "prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), "");
    serving.post("/v1/readings", &readings(9, "1001A"));
    let target = serving.url("").replace("http://", "");
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let rules = deployed("prometheus/airshed.rules.yml");
    let config = format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: ['{}']\n\
         scrape_configs: [{{ job_name: airshed, static_configs: [{{ targets: ['{target}'] }}] }}]\n",
        rules.display()
    );
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let child = Command::new(program)
        .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()))
        .arg(format!("--web.listen-address={listen}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _prometheus = Prometheus(child);
    let ask = |path: &str| -> Option<Value> {
        let answer = serving.client.get(format!("http://{listen}/api/v1/{path}")).send().ok()?;
        answer.json().ok()
    };
    let value = |query: &str| {
        let answer = ask(&format!("query?query={query}"))?;
        answer["data"]["result"][0]["value"][1].as_str().map(str::to_owned)
    };
    // It is there when the first scrape has been stored.
    while value("airshed_ready").as_deref() != Some("1") {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(value("up").as_deref(), Some("1"));
    let taken = value("airshed_readings_total%7Boutcome%3D%22taken%22%7D");
    assert_eq!(taken.as_deref(), Some("1"));
    let evaluated = || {
        let found = ask("rules").unwrap_or_default();
        let groups = found["data"]["groups"].as_array().cloned().unwrap_or_default();
        let rules =
            groups.iter().flat_map(|it| it["rules"].as_array().cloned().unwrap_or_default());
        rules.map(|it| it["health"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    while evaluated().is_empty() || evaluated().iter().any(|it| it == "unknown") {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(evaluated().len() > 10 && evaluated().iter().all(|it| it == "ok"), "{:?}", evaluated());
}

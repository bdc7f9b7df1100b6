//! Programs of other people against a `serve` without a broker, and against evidence.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

use crate::outside_tools::{Python, finish};
use crate::serving::{Serving, readings};
use crate::{hooks, printed};

#[test]
fn a_stream_in_python_goes_on_after_a_restart() {
    let Some(python) = Python::of_test() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    // The address must be the same after the restart.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!(
        "[http]\nlisten = \"{address}\"\nrequests_per_s = 10000\n[log]\nkeep = \"segments\"\nfolder = \"{}\"\n[rules]\n\
         clock = \"sources\"\n",
        folder.path().join("log").display()
    );
    fs::write(&config, text).unwrap();
    let give = |serving: &Serving, hours: std::ops::Range<u32>| {
        for hour in hours {
            assert_eq!(serving.post("/v1/readings", &readings(hour, "1001A")).status(), 201);
        }
        let records: Value = serving.get("/v1/log/records?limit=1000").json().unwrap();
        let of = |it: &Value| format!("{} {}", it["position"], it["type"].as_str().unwrap());
        records["records"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let serving = Serving::start_as_it_is(&config);
    let before = give(&serving, 9..12);
    let count = before.len() + 3;
    let mut script = python.script("stream.py", &[&serving.url(""), &count.to_string()]);
    let mut process = script.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut found: Vec<String> = lines.by_ref().take(before.len()).map(Result::unwrap).collect();
    drop(serving);
    let serving = Serving::start_as_it_is(&config);
    let mut expected = give(&serving, 12..16);
    found.extend(lines.map(Result::unwrap));
    assert!(process.wait().unwrap().success());
    expected.truncate(count);
    assert_eq!(found, expected);
}

#[test]
fn evidence_is_checked_in_python_with_hashes_alone() {
    let Some(python) = Python::of_test() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, log, bundle) = (path("key"), path("log"), path("bundle.json"));
    printed(&["key", "new", &key, "--origin", "bth"]);
    printed(&["demo", "--json", "--log", &log, "--key", &key]);
    let sets = printed(&["log", "cat", &log, "--json", "--type", "order_set_issued"]);
    let set: Value = serde_json::from_str(sets.lines().next().unwrap()).unwrap();
    printed(&["log", "prove", &log, &set["position"].to_string(), "-o", &bundle]);
    let text = fs::read_to_string(&bundle).unwrap();
    let mut wrong: Value = serde_json::from_str(&text).unwrap();
    let records = wrong["records"].as_array_mut().unwrap();
    let checked = python.run("proof.py", &[&bundle]);
    assert!(checked.starts_with(&format!("{} bth ", records.len())), "{checked}");
    // Another step of a path leads to another root.
    records[0]["proof"][0] = records[1]["proof"][1].clone();
    fs::write(&bundle, wrong.to_string()).unwrap();
    let output = python.script("proof.py", &[&bundle]).output().unwrap();
    assert!(!output.status.success(), "a wrong proof passes");
}

#[test]
fn a_receiver_in_python_verifies_each_webhook() {
    let Some(python) = Python::of_test() else { return };
    let folder = tempfile::tempdir().unwrap();
    let count = 6;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut script = python.script("webhook.py", &[secret, &count.to_string()]);
    let mut process = script.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap();
    // Its secret is the new one of two.
    let old = format!("whsec_{}\n", "AAAA".repeat(8));
    let more = hooks::settings(folder.path(), &address, "");
    fs::write(folder.path().join("hook.secret"), old + secret).unwrap();
    let serving = Serving::start(folder.path(), &more);
    // It refuses what another one has made.
    let forged = serving.client.post(&address).body("{\"position\":1}");
    let forged = forged.header("webhook-id", "bth-1").header("webhook-timestamp", "1764810000");
    let forged = forged.header("webhook-signature", "v1,AAAA").send().unwrap();
    assert_eq!(forged.status(), 401);
    for hour in 9..12 {
        assert_eq!(serving.post("/v1/readings", &readings(hour, "1001A")).status(), 201);
    }
    let found: Vec<String> = lines.collect();
    assert!(process.wait().unwrap().success());
    let records: Value = serving.get("/v1/log/records?limit=1000").json().unwrap();
    let of = |it: &Value| format!("{} {}", it["position"], it["type"].as_str().unwrap());
    let records = records["records"].as_array().unwrap().iter().map(of);
    assert_eq!(found, records.take(count).collect::<Vec<_>>());
}

#[test]
fn the_lines_of_python_in_the_page_about_webhooks_verify_a_signature() {
    let Some(python) = Python::of_test() else { return };
    let page = include_str!("../../deploy/webhooks.md");
    let code = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    // The example of the specification's libraries.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.py");
    let more = r#"
headers = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
assert is_right(secret, headers, b'{"test": 2432232314}')
assert not is_right(secret, headers, b'{"test": 2432232315}')
"#;
    fs::write(&file, code.to_owned() + more).unwrap();
    finish(python.program(&[file.to_str().unwrap()]), "");
}

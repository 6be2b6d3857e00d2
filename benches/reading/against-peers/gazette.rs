//! Writes down what Gazette's reader makes of each fixture, for `benches/reading/against-peers/run`:
//! `cargo bench --bench against_peers -- FIXTURES OUT`.

use std::{env, fs, path::PathBuf};

use gazette::releases::reading;
use url::Url;

fn main() {
    // Cargo adds `--bench`.
    let folders: Vec<PathBuf> = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .map(PathBuf::from)
        .collect();
    let [fixtures, out] = folders.as_slice() else {
        println!("give the folder of the fixtures and the one to write to; nothing was compared");
        return;
    };
    fs::create_dir_all(out).expect("the folder to write to can be made");
    for entry in fs::read_dir(fixtures).expect("the fixtures can be read") {
        let path = entry.expect("a fixture can be read").path();
        if path.extension().is_none_or(|end| end != "html") {
            continue;
        }
        let bytes = fs::read(&path).expect("a fixture can be read");
        let address = Url::parse("https://site.example/news/1.html").ok();
        let reading = reading::bytes(&bytes, "text/html", address.as_ref());
        let name = path.file_stem().expect("a fixture has a name");
        let text = reading::words(&reading.document);
        fs::write(out.join(name).with_extension("txt"), text)
            .expect("what was read can be written");
    }
}

//! Every shipped lesson is read and played, in each language.

use std::path::Path;

#[test]
fn every_shipped_lesson_can_be_played_to_its_end() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    let report = kubesim_cli::lessons::check_all(&lessons).expect("the lessons can be read");
    let said: Vec<String> =
        report.problems.iter().map(|(path, problem)| format!("{}:{problem}", path.display())).collect();
    assert_eq!(said, Vec::<String>::new());
    let languages =
        |language: &str| report.played.iter().filter(|(path, ..)| path.ends_with(language)).count();
    assert_eq!((languages("en.md"), languages("ko.md")), (17, 17));
}

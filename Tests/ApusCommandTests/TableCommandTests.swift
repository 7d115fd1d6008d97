import ApusFiles
import Foundation
import Testing

/// `apus train table` and what is done with such a run.
@Suite(.serialized) struct TableCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    .path

  /// scikit-learn's tables, where they are installed.
  private static let installed: String? = {
    let homes = (try? File.names(in: root + "/.venv/lib")) ?? []
    let folders = ["/usr/lib/python3/dist-packages"] + homes.map { "\(root)/.venv/lib/\($0)/site-packages" }
    return folders.map { $0 + "/sklearn/datasets/data" }.first { File.exists($0 + "/iris.csv") }
  }()

  private static func cases() throws -> [JSONValue] {
    try #require(try JSONValue(contentsOf: root + "/Tests/Fixtures/tables.json")["cases"]?.array)
  }

  /// Five runs are right as often as ten of scikit-learn's, within two deviations of theirs or one row of the test.
  @Test(.enabled(if: Self.installed != nil, "scikit-learn is not installed"), arguments: [0, 1])
  func perceptronsAreAsRightAsScikitLearns(number: Int) throws {
    let json = try Self.cases()[number]
    let name = try #require(json["name"]?.string)
    let held = Set(try #require(json["test_rows"]?.array).compactMap(\.int))
    let text = String(decoding: try File.read("\(try #require(Self.installed))/\(name).csv"), as: UTF8.self)
    let rows = text.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
    let width = rows.first?.split(separator: ",").count ?? 0
    let header = (1..<width).map { "x\($0)" }.joined(separator: ",") + ",class\n"
    let scratch = try Scratch()
    for (part, isHeld) in [("train", false), ("test", true)] {
      let lines = rows.enumerated().filter { held.contains($0.offset) == isHeld }.map { $0.element + "\n" }
      try AtomicFile.write(header + lines.joined(), to: scratch("\(part).csv"))
    }
    var accuracies: [Double] = []
    for seed in 0..<5 {
      let run = try Apus.run(
        "train", "table", "--data", scratch("train.csv"), "--test", scratch("test.csv"), "--target", "class",
        "--batch-size", "\(min(200, rows.count - held.count))", "--seed", "\(seed)", "--out", scratch("\(seed)"),
        "--quiet")
      #expect(run.status == 0, "\(run.errors)")
      let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("\(seed)"), "--json").output)
      #expect(judged["count"]?.int == held.count)
      accuracies.append(try #require(judged["accuracy"]?.double))
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let expected = try #require(json["accuracies"]?.array).compactMap(\.double)
    let deviation = mean(expected.map { ($0 - mean(expected)) * ($0 - mean(expected)) }).squareRoot()
    let tolerance = max(2 * deviation, 1 / Double(held.count))
    #expect(abs(mean(accuracies) - mean(expected)) <= tolerance, "\(accuracies), expected \(expected)")
    let columns = try #require(try JSONValue(contentsOf: scratch("0/columns.json"))["columns"]?.array)
    for (key, field) in [("means", "mean"), ("deviations", "deviation")] {
      for (column, value) in zip(columns, try #require(json[key]?.array).compactMap(\.double)) {
        let own = try #require(column[field]?.double)
        #expect(abs(own - value) <= 1e-9 * max(1, value.magnitude), "\(own), expected \(value)")
      }
    }
  }

  /// price = 2 · size, and 30 more where the color is red.
  private static func writePrices(_ scratch: Scratch) throws {
    let rows = (0..<240).map { row -> String in
      let (size, color) = (Double(row * 37 % 240) / 24, ["red", "blue"][row % 2])
      return "n\(row),\(size),\(color),\(2 * size + (color == "red" ? 30.5 : 0.5))\n"
    }
    try AtomicFile.write("name,size,color,price\n" + rows.joined(), to: scratch("prices.csv"))
  }

  @Test func numbersAreLearned() throws {
    let scratch = try Scratch()
    try Self.writePrices(scratch)
    let run = try Apus.run(
      "train", "table", "--data", scratch("prices.csv"), "--target", "price", "--ignore", "name", "--epochs", "60",
      "--out", scratch("run"), "--quiet")
    #expect(run.status == 0 && run.output.contains("test error") && run.output.contains("R² 0.99"), "\(run.errors)")
    let judged = try JSONValue(parsing: try Apus.run("evaluate", scratch("run"), "--json").output)
    #expect(judged["count"]?.int == 48)
    #expect(try #require(judged["r_squared"]?.double) > 0.99)
    #expect(try #require(judged["mean_absolute_error"]?.double) < 1)
    try AtomicFile.write("color,size\nblue,5\nred,5\n", to: scratch("new.csv"))
    let answers = try Apus.run("predict", scratch("run"), scratch("new.csv"), "--json").output.split(separator: "\n")
    let prices = try answers.map { try JSONValue(parsing: String($0))["prediction"]?.double ?? .nan }
    #expect(prices.count == 2 && abs(prices[0] - 10.5) < 2 && abs(prices[1] - 40.5) < 2, "\(prices)")
    let more = try Apus.run("train", "table", "--out", scratch("run"), "--resume", "--epochs", "61", "--quiet")
    #expect(more.status == 0, "\(more.errors)")
    // Other rows would have other means.
    try AtomicFile.write("name,size,color,price\na,1,red,2.5\nb,2,blue,3.5\nc,4,red,9.5\n", to: scratch("prices.csv"))
    expectFailure(
      try Apus.run("train", "table", "--out", scratch("run"), "--resume", "--epochs", "62"), "prices.csv: other rows")
  }

  @Test func classesAreLearnedFromWords() throws {
    let scratch = try Scratch()
    try Self.writePrices(scratch)
    let run = try Apus.run(
      "train", "table", "--data", scratch("prices.csv"), "--target", "color", "--ignore", "name", "--test-share", "0.5",
      "--epochs", "40", "--out", scratch("run"), "--quiet")
    #expect(run.status == 0 && run.output.contains("test accuracy 100"), "\(run.output)\(run.errors)")
    let answer = try Apus.run("predict", scratch("run"), scratch("prices.csv"), "--top", "1").output
    #expect(answer.split(separator: "\n").count == 240 && answer.contains("prices.csv row 1  red "))
    let page = String(decoding: try File.read(scratch("run/report.html")), as: UTF8.self)
    #expect(page.contains("120 for training, 120 for testing"))
    #expect(try Apus.run("summary", scratch("run")).output.contains("[1, 100]"))
  }

  @Test func whatIsMissingIsNamed() throws {
    let scratch = try Scratch()
    try AtomicFile.write("a,b,y\n1,2,no\n3,,yes\n5,6,no\n7,8,yes\n9,9,no\n", to: scratch("t.csv"))
    func train(_ more: String...) throws -> Run {
      try Apus.run(["train", "table", "--data", scratch("t.csv"), "--out", scratch("run")] + more)
    }
    expectFailure(try train("--target", "y"), "t.csv", "column \"b\": the value is missing")
    expectFailure(try train(), status: 2, "recipe table needs --data FILE.csv and --target COLUMN")
    expectFailure(try train("--target", "z"), "there is no column \"z\", only \"a\", \"b\", \"y\"")
    expectFailure(try train("--target", "y", "--task", "ranking"), status: 2, "unknown task 'ranking'")
    expectFailure(try train("--target", "y", "--test-share", "1"), status: 2, "a number between 0 and 1")
    expectFailure(try train("--target", "y", "--augment", "flip"), status: 2, "--augment is not for recipe table")
    expectFailure(
      try train("--target", "y", "--test", scratch("t.csv"), "--test-share", "0.5"), status: 2, "exclude each other")
    expectFailure(
      try train("--target", "a", "--ignore", "b", "--task", "regression", "--label-smoothing", "0.1"), status: 2,
      "--label-smoothing is for classes")
    expectFailure(try Apus.run("train", "lenet5", "--target", "y"), status: 2, "--target is not for recipe lenet5")
    #expect(!File.isDirectory(scratch("run")))
    #expect(try train("--target", "y", "--ignore", "b", "--epochs", "1", "--quiet").status == 0)
    let run = scratch("run")
    expectFailure(try Apus.run("inspect", run, "x.png"), "learns from a table; expected one that classifies images")
    expectFailure(try Apus.run("ensemble", run, run), "expected one that classifies images")
    expectFailure(try Apus.run("predict", run, scratch("t.csv"), "--invert"), status: 2, "--invert is not for")
    try File.remove(scratch("run/columns.json"))
    expectFailure(try Apus.run("evaluate", run), "columns.json: cannot open")
  }
}

import ApusData
import ApusFiles
import Foundation
import Testing

/// How tables become numbers.
@Suite struct TableEncodingTests {
  private static let csv = """
    size,color,price
    1,red,10.5
    2,blue,20.5
    3,red,30.5

    """

  @Test func columnsBecomeNumbers() throws {
    let table = try TextTable(csv: Self.csv, path: "t")
    let encoding = try TableEncoding(fitting: table, target: "price")
    let deviation = (2.0 / 3).squareRoot()
    #expect(
      encoding.columns == [
        .number(name: "size", mean: 2, deviation: deviation), .category(name: "color", values: ["blue", "red"]),
      ])
    #expect(encoding.target == .number(name: "price", mean: 20.5, deviation: 10 * deviation))
    #expect(encoding.inputCount == 3 && encoding.classNames.isEmpty)
    let end = Float(1 / deviation)
    #expect(try encoding.inputs(table) == [-end, 0, 1, 0, 1, 0, end, 0, 1])
    #expect(try encoding.targets(table) == [-end, 0, end] && encoding.numbers(table) == [10.5, 20.5, 30.5])
    // Columns are found by their names, wherever they stand; the target need not be there.
    let other = try TextTable(csv: "color,note,size\nblue,x,4\n", path: "u", knownNames: ["size"])
    #expect(try encoding.inputs(other) == [2 * end, 1, 0])
    #expect(try TableEncoding(fitting: table, target: "price", ignoring: ["color"]).inputCount == 1)
  }

  @Test func aTargetIsOfTheKindOfItsColumn() throws {
    func encoding(_ fields: [String], _ kind: TableEncoding.TargetKind? = nil) throws -> TableEncoding {
      let rows = fields.enumerated().map { "\($0.offset),\($0.element)\n" }.joined()
      return try TableEncoding(
        fitting: TextTable(csv: "x,y\n" + rows, path: "t", knownNames: ["y"]), target: "y", kind: kind)
    }
    #expect(try encoding(["no", "yes", "no"]).classNames == ["no", "yes"])
    #expect(try encoding(["10", "9", "10"]).classNames == ["9", "10"])
    #expect(try encoding(["1.5", "2.5"]).classNames.isEmpty)
    #expect(try encoding((0..<30).map(String.init)).classNames.isEmpty)
    #expect(try encoding((0..<30).map(String.init), .classification).classNames.count == 30)
    guard case .number("y", let mean, let deviation) = try encoding(["1", "2", "2"], .regression).target else {
      Issue.record("a class, expected a number")
      return
    }
    #expect(abs(mean - 5.0 / 3) < 1e-12 && abs(deviation - 2.squareRoot() / 3) < 1e-12)
  }

  @Test func anEncodingIsReadAgain() throws {
    let table = try TextTable(csv: Self.csv, path: "t")
    for target in ["price", "color"] {
      let encoding = try TableEncoding(fitting: table, target: target)
      let text = encoding.json.serialized()
      #expect(try TableEncoding(JSONValue(parsing: text), path: "columns.json") == encoding)
    }
    for (text, expected) in [
      ("{}", "\"columns\" is not an array"), (#"{"columns": [{"name": "a"}], "target": {}}"#, "column \"a\""),
      (#"{"columns": [{"name": "a", "values": ["x", "x"]}], "target": {}}"#, "different strings"),
      (#"{"columns": [{"name": "a", "mean": 0, "deviation": 0}], "target": {}}"#, "positive \"deviation\""),
    ] {
      Self.expect(expected) { _ = try TableEncoding(try JSONValue(parsing: text), path: "columns.json") }
    }
  }

  private static func expect(_ part: String, _ body: () throws -> Void) {
    do {
      try body()
      Issue.record("no error, expected one that says \(part)")
    } catch {
      #expect("\(error)".contains(part), "\(error)")
    }
  }

  @Test func whatIsWrongIsNamed() throws {
    let mistakes: [(csv: String, expected: String)] = [
      ("a,b,y\n1,2,3\n4,,6\n7,?,9\n", "t: row 2, column \"b\": the value is missing (\"\"), and in 1 other rows"),
      ("a,y\n1,2\nx,3\n4,5\n", "row 2, column \"a\": \"x\" is not a number"),
      ("a,a,y\n1,2,3\n", "two columns are called \"a\""), ("a,y\n", "no rows"),
      ("y\n1\n2\n", "no column besides \"y\""),
      ("a,b\n1,2\n", "there is no column \"y\", only \"a\", \"b\""),
      ("a,y\n1,no\n2,no\n", "one value alone, \"no\""), ("a,y\n1,2\n3\n", "line 3 has 1 fields"),
    ]
    for (csv, expected) in mistakes {
      Self.expect(expected) {
        _ = try TableEncoding(fitting: TextTable(csv: csv, path: "t", knownNames: ["a", "y"]), target: "y")
      }
    }
    let names = (0...1000).map { "name\($0),\($0)\n" }.joined()
    Self.expect("column \"who\" has 1001 different words") {
      _ = try TableEncoding(fitting: TextTable(csv: "who,y\n" + names, path: "t"), target: "y")
    }
    let encoding = try TableEncoding(fitting: TextTable(csv: Self.csv, path: "t"), target: "price")
    Self.expect("row 1, column \"color\": \"green\" is not among the rows trained on") {
      _ = try encoding.inputs(TextTable(csv: "size,color\n1,green\n", path: "t", knownNames: ["size"]))
    }
    Self.expect("there is no column \"color\"") {
      _ = try encoding.inputs(TextTable(csv: "size\n1\n2\n", path: "t", knownNames: ["size"]))
    }
  }
}

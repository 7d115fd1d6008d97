import Apus
import ApusDatasets
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

@Suite struct CSVTests {
  private func problem(_ text: String, label: String? = nil) throws -> String {
    let error = try #require(throws: FileError.self) { try Table(csv: text, path: "t.csv", label: label) }
    #expect(isSingleLine(error.description))
    return error.description
  }

  /// The examples of RFC 4180.
  @Test func fieldsAreReadAsTheStandardSays() throws {
    func rows(_ text: String) throws -> [[String]] { try CSVFile(parsing: text, path: "t.csv").rows }
    #expect(try rows("aaa,bbb,ccc\r\nzzz,yyy,xxx") == [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]])
    #expect(
      try rows("\"aaa\",\"b\r\nbb\",\"ccc\"\nzzz,yyy,xxx\n") == [["aaa", "b\r\nbb", "ccc"], ["zzz", "yyy", "xxx"]])
    #expect(try rows("\"aaa\",\"b\"\"bb\",\"c,c\"\n") == [["aaa", "b\"bb", "c,c"]])
    #expect(try rows("\u{FEFF}a,,\n\n\n,,b\n") == [["a", "", ""], ["", "", "b"]])
    #expect(try CSVFile(parsing: "a;b", path: "t.csv", separator: ";").rows == [["a", "b"]])
    #expect(try rows("").isEmpty)
    #expect(try CSVFile(parsing: "# of 2000\n\na,b\n", path: "t.csv", skippingLines: 2).rows == [["a", "b"]])
    let uneven = try #require(throws: FileError.self) { try rows("a,b\n\nc\n") }
    #expect(uneven.description == "t.csv: line 3 has 1 fields, the first line 2")
    #expect(throws: FileError.self) { try rows("a,\"b\nc,d") }
  }

  @Test func tablesHaveFeaturesAndLabels() throws {
    let table = try Table(csv: "length,kind,width\n1,b,2\n3, a ,4.5\n-1e2,b,6\n", path: "t.csv", label: "kind")
    #expect(table.featureNames == ["length", "width"] && table.features == [1, 2, 3, 4.5, -100, 6])
    #expect(table.classNames == ["a", "b"] && table.labels == [1, 0, 1])
    let batch = try #require(DataLoader(table, batchSize: 2, sampling: .sequential).epoch(0).next())
    #expect(batch.tensors[0].shape == [2, 2] && batch.tensors[0].scalars() == [1, 2, 3, 4.5])
    #expect(batch.tensors[1].scalars(Int32.self) == [1, 0])
    let plain = try Table(csv: "1,10\n2,9\n3,10\n", path: "t.csv")
    #expect(plain.featureNames == ["column 1"] && plain.classNames == ["9", "10"] && plain.labels == [1, 0, 1])
    #expect(try problem("a,b\n1,x\ny,x\n").contains("row 1") == true)
    #expect(try problem("1,x\ny,x\n") == "t.csv: row 2, column \"column 1\": \"y\" is not a number")
    #expect(try problem("1,x\nnan,x\n").contains("is not a number"))
    #expect(try problem("a,b\n1,2\n", label: "c") == "t.csv: no column \"c\", only \"a\", \"b\"")
    #expect(try problem("") == "t.csv: no rows" && problem("1\n2\n").contains("one column"))
  }

  /// scikit-learn's tables, where they are installed.
  private static let installed: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").path
    let homes =
      ["/usr/lib/python3/dist-packages"]
      + ((try? File.names(in: root + "/.venv/lib")) ?? []).map {
        "\(root)/.venv/lib/\($0)/site-packages"
      }
    let folders = (homes + [ProcessInfo.processInfo.environment["APUS_SKLEARN"] ?? ""]).map {
      $0 + "/sklearn/datasets/data"
    }
    return folders.first { File.exists($0 + "/digits.csv.gz") }
  }()

  @Test(.enabled(if: CSVTests.installed != nil, "scikit-learn is not installed"))
  func readsTheTablesOfScikitLearn() throws {
    let folder = try #require(Self.installed)
    let iris = try Table(contentsOfCSV: folder + "/iris.csv")
    #expect(iris.count == 150 && iris.featureNames.count == 4 && iris.classNames == ["0", "1", "2"])
    #expect(Array(iris.row(0)) == [5.1, 3.5, 1.4, 0.2] && Array(iris.row(149)) == [5.9, 3.0, 5.1, 1.8])
    #expect((0..<3).map { label in iris.labels.count { $0 == label } } == [50, 50, 50])
    let cancer = try Table(contentsOfCSV: folder + "/breast_cancer.csv", hasHeader: false, skippingLines: 1)
    #expect(cancer.count == 569 && cancer.featureNames.count == 30 && cancer.labels.count { $0 == 1 } == 357)
    let digits = try Dataset.digits.load(directory: folder)
    #expect(digits.train.count == 1438 && digits.test.count == 359 && digits.train.height == 8)
    // The first picture's rows, its ink of 0 to 16 as light.
    let first = [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0].map { UInt8((Double($0) * 255 / 16).rounded()) }
    #expect(Array(digits.train.pixels.prefix(16)) == first || Array(digits.test.pixels.prefix(16)) == first)
  }
}

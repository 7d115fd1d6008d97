import Foundation
import Testing

/// The table of what is built: each symbol is declared in the sources, each test is in the tests.
@Suite struct InventoryTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(under directory: String) throws -> String {
    let folder = root.appendingPathComponent(directory)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let paths = (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    return try paths.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
  }

  private static func rows() throws -> [[String]] {
    let table = try String(contentsOf: root.appendingPathComponent("Documentation/Inventory.md"), encoding: .utf8)
    return table.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  private static func words(_ text: String) -> Set<String> {
    Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
  }

  @Test func everyRowIsWhole() throws {
    let rows = try Self.rows()
    #expect(rows.count > 20)
    #expect(Set(rows.map { $0[0] }).count == rows.count, "an id is listed twice")
    for row in rows {
      #expect(row.count == 4, "\(row)")
      #expect(row.dropFirst(2).allSatisfy { $0.hasPrefix("`") && $0.hasSuffix("`") }, "\(row)")
    }
  }

  @Test func everySymbolAndTestExists() throws {
    let symbols = Self.words(try Self.text(under: "Sources"))
    let tests = try Self.text(under: "Tests")
    for row in try Self.rows() {
      let symbol = row[2].trimmingCharacters(in: ["`"])
      let test = row[3].trimmingCharacters(in: ["`"])
      // Told by name alone: the whole sources would be printed otherwise.
      let (hasSymbol, hasTest) = (symbols.contains(symbol), tests.contains("func \(test)("))
      #expect(hasSymbol, "\(row[0]) names \(symbol)")
      #expect(hasTest, "\(row[0]) names the test \(test)")
    }
  }
}

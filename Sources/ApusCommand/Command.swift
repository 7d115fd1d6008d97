/// A subcommand: what it is called, what it takes, what it does.
struct Command: Sendable {
  let name: String
  let summary: String
  /// The positional arguments, as the usage line shows them.
  var operands = ""
  /// How many positional arguments there may be.
  var operandCount: ClosedRange<Int> = 0...0
  var options: [Option] = []
  /// Said at the end of the help.
  var details = ""
  let run: @Sendable (ParsedArguments) throws -> Void

  /// An option, `--name VALUE` or a flag.
  struct Option: Sendable {
    let name: String
    /// What the value is called; nil for a flag.
    var value: String?
    let help: String

    var spelling: String { "--\(name)" + (value.map { " \($0)" } ?? "") }
  }

  var help: String {
    var lines = [
      summary + ".", "",
      "usage: apus \(name)" + (operands.isEmpty ? "" : " \(operands)") + (options.isEmpty ? "" : " [OPTIONS]"),
    ]
    if !options.isEmpty {
      let width = options.map(\.spelling.count).max() ?? 0
      lines += [""]
      lines += options.map {
        "  " + $0.spelling + String(repeating: " ", count: width - $0.spelling.count + 2) + $0.help
      }
    }
    if !details.isEmpty { lines += ["", details] }
    return lines.joined(separator: "\n")
  }
}

/// A wrong use of the command line: exit status 2.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// A name that is not one of those there are.
  init(unknown kind: String, _ name: String, among names: [String], help: String) {
    // More names than a line holds are listed where `help` says.
    let list =
      names.count == 1
      ? "there is \(names[0])" : "there are \(names.count > 30 ? "\(names.count)" : names.joined(separator: ", "))"
    let hint = nearest(name, names).map { "did you mean \($0)?" } ?? (names.isEmpty ? "there are none" : list)
    description = "unknown \(kind) '\(name)': \(hint) (\(help))"
  }
}

/// Work that Ctrl-C ended: all that need be said about it was said.
struct Interrupted: Error {
  /// The exit status, by which a shell knows it.
  static let status: Int32 = 130
}

/// A failure at work that is told in one line: exit status 1.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The name with the fewest typing mistakes, if it is near enough to be meant, or else the first that begins so.
func nearest(_ name: String, _ names: [String]) -> String? {
  names.map { ($0, editDistance(name, $0)) }.filter { $0.1 <= max(1, $0.0.count / 3) }.min { $0.1 < $1.1 }?.0
    ?? (name.count < 3 ? nil : names.first { $0.hasPrefix(name) })
}

/// How many letters must be put in, left out, changed or swapped with the next (Damerau 1964, Levenshtein 1966).
func editDistance(_ a: String, _ b: String) -> Int {
  // Nothing that is meant is much longer than what there is.
  let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}

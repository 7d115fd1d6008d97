import ApusFiles

/// The `apus` command: finds the subcommand, runs it, and turns errors into one line and an exit status.
@main
struct ApusCommand {
  /// All subcommands, in the order in which `apus --help` lists them.
  static let all: [Command] = [
    .train, .evaluate, .ensemble, .predict, .generate, .translate, .embed, .inspect, .summary, .recipes, .datasets,
    .tokenizer, .vectors, .solve, .learn, .filter, .bootstrap, .experiment,
    .figure, .profile, .bench,
  ]

  static let version = "0.1.0"

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try run(arguments)
    } catch let error as UsageError {
      Terminal.error(error.description)
      Terminal.exit(2)
    } catch is Interrupted {
      Terminal.exit(Interrupted.status)
    } catch {
      Terminal.error("\(error)")
      Terminal.exit(1)
    }
    Terminal.exit(0)
  }

  private static func run(_ arguments: [String]) throws {
    guard let name = arguments.first else {
      throw UsageError("expected a command: \(all.map(\.name).joined(separator: ", ")) (apus --help)")
    }
    if name == "--help" || name == "-h" || name == "help" {
      if name == "help", arguments.count > 1 { return Terminal.print(try command(arguments[1]).help) }
      return Terminal.print(overview)
    }
    if name == "--version" { return Terminal.print("apus \(version)") }
    let command = try command(name)
    let rest = Array(arguments.dropFirst())
    if rest.contains("--help") || rest.contains("-h") { return Terminal.print(command.help) }
    try command.run(try ParsedArguments(rest, for: command))
  }

  private static func command(_ name: String) throws -> Command {
    if let command = all.first(where: { $0.name == name }) { return command }
    throw UsageError(unknown: "command", name, among: all.map(\.name), help: "apus --help")
  }

  static var overview: String {
    let width = all.map(\.name.count).max() ?? 0
    let lines = all.map { command in
      "  " + command.name + String(repeating: " ", count: width - command.name.count + 2) + command.summary
    }
    return """
      Train and run neural networks.

      usage: apus COMMAND [ARGUMENTS]

      \(lines.joined(separator: "\n"))

      `apus COMMAND --help` tells more about each.
      """
  }
}

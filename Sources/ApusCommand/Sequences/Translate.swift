import Apus
import ApusFiles

extension Command {
  static let translate = Command(
    name: "translate", summary: "Translate sentences with a trained model", operands: "RUN [TEXT…]",
    operandCount: 1...Int.max,
    options: [
      Option(name: "file", value: "FILE", help: "translate the lines of a file (- for standard input)"),
      Option(name: "beams", value: "N", help: "keep the N likeliest beginnings (1: the likeliest word at each step)"),
      Option(name: "json", help: "print one JSON object a line"),
    ],
    details: "`apus figure attention RUN --text TEXT` draws where the model looks."
  ) { arguments in
    let run = try TrainedTranslator(arguments.operands[0])
    let beams = try arguments.integer("beams", in: 1...256) ?? 1
    var sentences = Array(arguments.operands.dropFirst())
    if let path = arguments.string("file") {
      if path == "-" {
        while let line = readLine() { sentences.append(line) }
      } else {
        var lines = try File.readText(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        sentences += lines
      }
    }
    guard !sentences.isEmpty else { throw UsageError("expected a text or --file (apus translate --help)") }
    for (sentence, translation) in zip(sentences, try run.translate(sentences, beams: beams)) {
      let text = run.sides.sentence(translation).singleLine
      guard arguments.has("json") else {
        Terminal.print(text)
        continue
      }
      Terminal.print(
        JSONValue.object(["source": .string(sentence), "translation": .string(text)]).serialized())
    }
  }
}

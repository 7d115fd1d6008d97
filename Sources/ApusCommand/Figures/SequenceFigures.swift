import Apus
import ApusDrawing
import ApusFiles
import ApusTokenizers

extension FigureRecipe {
  /// How much what is said at the end depends on what came before.
  static let recurrentGradients = FigureRecipe(
    name: "recurrent-gradients", summary: "gradients over time: they vanish in Elman's net, and in LSTM less"
  ) { options in
    let (time, hidden) = (100, 32)
    func norms(_ name: String, _ makeLayer: (inout RandomKey) -> any RecurrentLayer) -> (String, [Double]) {
      var key = RandomKey(options.seed)
      let layer = makeLayer(&key)
      let x = Tensor.normal([8, time, 8], key: &key)
      let gradient = grad { x in layer(x)[0..., time - 1].sum() }(x)
      return (name, gradient.squared().sum(axis: 2).sum(axis: 0).sqrt().doubles())
    }
    let nets = [
      norms("Elman") { RNN(8, hidden, key: &$0) }, norms("GRU") { GRU(8, hidden, key: &$0) },
      norms("LSTM") { LSTM(8, hidden, key: &$0) },
      norms("LSTM, forget gates' biases 3") { key in
        let lstm = LSTM(8, hidden, key: &key)
        for entry in lstm.parameters where entry.path == "bias_ih_l0" {
          entry.slot.tensor = entry.slot.tensor!.at(hidden..<2 * hidden).replaced(by: 3)
        }
        return lstm
      },
    ]
    let lines = nets.enumerated().map { number, net in
      // The smallest single-precision numbers are noise.
      Line(
        net.1.reversed().enumerated().compactMap { $1 > 1e-30 ? Point(Double($0), $1) : nil }, name: net.0,
        style: .series(number))
    }
    return Figure(
      "How far back gradients reach",
      note: "\(hidden) units before any training; the norm of the last output's gradient with respect to each input.",
      size: (900, 520),
      facts: nets.map { ("share after \(time - 1) steps, \($0.0)", $0.1[0] / $0.1[time - 1]) },
      [Plot(x: Axis("steps back"), y: Axis("norm of the gradient", .logarithmic), legend: .outside, lines)])
  }

  /// Where a translator looks.
  static let attention = FigureRecipe(
    name: "attention", summary: "what each word of a translation looks at (--text, a sentence)",
    subject: .required("a run directory of a translator with attention")
  ) { options in
    let run = try TrainedTranslator(options.subject ?? "")
    let sentence = options.text ?? "The file could not be opened."
    let source = Array(run.sides.source(sentence).prefix(run.context))
    let result = try run.translate([sentence])[0]
    guard let attention = run.model.attention(from: source, to: result, begin: TranslationWork.begin) else {
      throw Failure("\(options.subject ?? ""): recipe \(run.run.recipe.name) has no attention that could be drawn")
    }
    let names = source.map { run.sides.sourceTokenizer.decode([Int($0)], skipsSpecialTokens: false) }
    let written = result.map { run.sides.targetTokenizer.decode([Int($0)]) } + [TranslationWork.marks.end]
    let rows = Array(attention.prefix(written.count))
    func axis(_ label: String, _ names: [String]) -> Axis {
      Axis(label, ticks: .named(names.enumerated().map { (Double($0.offset), $0.element) }), hasGrid: false)
    }
    let grid = Grid(
      rows.reversed(), x: -0.5...(Double(names.count) - 0.5), y: -0.5...(Double(rows.count) - 0.5))
    return Figure(
      "Attention of \(run.run.recipe.name)", note: run.sides.sentence(result), size: (900, 720),
      [
        Plot(
          x: axis("source", names), y: axis("translation", written.prefix(rows.count).reversed()),
          [HeatMap(grid, colors: .blues, kind: .linear, label: "share of attention") { $0.fixed(2) }])
      ])
  }

  /// What an LSTM's gates do while it reads.
  static let gates = FigureRecipe(
    name: "gates", summary: "the gates and cells of an LSTM while it reads (--text, what it reads)",
    subject: .required("a run directory of a recipe with an LSTM")
  ) { options in
    let run = try TrainedLanguageModel(options.subject ?? "")
    guard let model = run.model as? RecurrentLanguageModel, model.cell == .lstm else {
      throw Failure("\(options.subject ?? ""): recipe \(run.run.recipe.name) has no LSTM, whose gates could be drawn")
    }
    let text = options.text ?? "And God said, Let there be light: and there was light."
    let tokens = run.tokenizer.numbers(of: text)
    guard !tokens.isEmpty else { throw UsageError("--text: is empty, expected what the net reads") }
    let gates = try LSTMGates(model, tokens, units: 24)
    let names = tokens.map { run.tokenizer.decode([Int($0)]).replacing(" ", with: "␣").replacing("\n", with: "⏎") }
    let axis = Axis(
      "", ticks: .named(names.enumerated().map { (Double($0.offset), $0.element) }), hasGrid: false)
    let panels = gates.parts.map { part in
      let grid = Grid(
        part.values, x: -0.5...(Double(tokens.count) - 0.5), y: -0.5...(Double(part.values.count) - 0.5))
      return Plot(
        part.name, x: axis, y: Axis("unit", hasGrid: false),
        [
          HeatMap(
            grid, colors: part.isSigned ? .diverging : .blues, kind: .linear, label: part.isSigned ? "value" : "open")
        ])
    }
    return Figure(
      "Gates of the first layer of \(run.run.recipe.name)", columns: 1,
      size: (max(900, Double(tokens.count) * 15 + 200), 300 * Double(panels.count)), panels)
  }
}

/// The gates of the first layer of a language model, for the first units.
private struct LSTMGates {
  /// A row for each unit, a column for each token.
  let parts: [(name: String, values: [[Double]], isSigned: Bool)]

  init(_ model: RecurrentLanguageModel, _ tokens: [Int32], units: Int) throws {
    let weights = Dictionary(uniqueKeysWithValues: model.stateDictionary().map { ($0.name, $0.tensor) })
    func weight(_ name: String) throws -> Tensor {
      guard let tensor = weights["lstm.\(name)_l0"] else { throw Failure("the model has no lstm.\(name)_l0") }
      return tensor
    }
    let x = model.embedding(Tensor(tokens, shape: [1, tokens.count]))
    let bias = try weight("bias_ih") + weight("bias_hh")
    let (weightInput, weightHidden) = (try weight("weight_ih"), try weight("weight_hh"))
    let hidden = weightHidden.shape[1]
    var (h, c) = (Tensor.zeros([1, hidden]), Tensor.zeros([1, hidden]))
    var columns: [[[Double]]] = []
    for place in tokens.indices {
      let gates = x[0..., place].matmul(weightInput.transposed()) + h.matmul(weightHidden.transposed()) + bias
      let parts = gates.reshaped(to: [4, hidden])
      let (input, forget, output) = (parts[0].sigmoid(), parts[1].sigmoid(), parts[3].sigmoid())
      c = forget * c + input * parts[2].tanh()
      h = output * c.tanh()
      columns.append([input, forget, output, c].map { Array($0.reshaped(to: [hidden]).doubles().prefix(units)) })
    }
    parts = [("input gate", false), ("forget gate", false), ("output gate", false), ("cell", true)].enumerated().map {
      number, part in
      let rows = (0..<min(units, hidden)).map { unit in columns.map { $0[number][unit] } }
      return (part.0, rows, part.1)
    }
  }
}

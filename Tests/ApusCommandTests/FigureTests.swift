import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FigureTests {
  /// Figures that need no run and no training, drawn and read again.
  @Test(arguments: [
    "schedules", "xor", "sigmoid", "taylor", "towers", "network", "l2", "dropout", "activations", "gradient-flow",
  ])
  func figuresAreDrawn(name: String) throws {
    try withTemporaryDirectory { directory in
      let run = try Apus.run(["figure", name, "--json", "numbers.json"], in: directory)
      #expect(run.status == 0 && run.errors == "")
      #expect(run.output == "\(name).svg\nnumbers.json\n")
      let svg = try String(contentsOfFile: "\(directory)/\(name).svg", encoding: .utf8)
      #expect(XMLParser(data: Data(svg.utf8)).parse())
      let numbers = try JSONValue(contentsOf: directory + "/numbers.json")
      let panels = try #require(numbers["panels"]?.array)
      #expect(numbers["figure"]?.string == name && !panels.isEmpty)
      for panel in panels { #expect(panel["series"]?.array?.isEmpty == false) }
      // The same bytes again.
      #expect(try Apus.run(["figure", name, "--out", "again.svg"], in: directory).status == 0)
      #expect(svg == (try String(contentsOfFile: directory + "/again.svg", encoding: .utf8)))
    }
  }

  /// Half every twenty epochs, 1 / t, and half a cosine, worked out at three epochs each.
  @Test func ratesOfSchedulesAreDrawn() throws {
    try withTemporaryDirectory { directory in
      #expect(try Apus.run(["figure", "schedules", "--json", "s.json"], in: directory).status == 0)
      let panels = try #require(try JSONValue(contentsOf: directory + "/s.json")["panels"]?.array)
      let series = panels.flatMap { $0["series"]?.array ?? [] }
      func rates(_ name: String) -> [Double] {
        (series.first { $0["name"]?.string == name }?["y"]?.array ?? []).compactMap(\.double)
      }
      func isClose(_ rates: [Double], _ expected: [Int: Double]) -> Bool {
        rates.count == 120 && expected.allSatisfy { (rates[$0.key] - $0.value).magnitude < 1e-9 }
      }
      #expect(isClose(rates("step: half every 20 epochs"), [0: 0.1, 19: 0.1, 20: 0.05, 60: 0.0125]))
      #expect(isClose(rates("1 / t"), [0: 0.1, 10: 0.1 / 1.8, 100: 0.1 / 9]))
      #expect(isClose(rates("cosine"), [0: 0.1, 40: 0.075, 60: 0.05]))
      #expect(isClose(rates("triangular"), [0: 0.1, 15: 0.4, 30: 0.1, 20: 0.3]))
    }
  }

  /// What the figure of bias and variance draws adds up: the error measured is bias² + variance + σ².
  @Test func biasAndVarianceAreDrawn() throws {
    try withTemporaryDirectory { directory in
      let run = try Apus.run(["figure", "bias-variance", "--json", "b.json", "--seed", "3"], in: directory)
      #expect(run.status == 0 && run.errors == "")
      let svg = try String(contentsOfFile: directory + "/bias-variance.svg", encoding: .utf8)
      #expect(XMLParser(data: Data(svg.utf8)).parse())
      let panels = try #require(try JSONValue(contentsOf: directory + "/b.json")["panels"]?.array)
      #expect(panels.count == 4)
      func values(_ panel: Int, _ name: String) throws -> [Double] {
        let series = panels[panel]["series"]?.array?.first { $0["name"]?.string == name }
        let numbers = try #require(series?["y"]?.array, "\(name)")
        return numbers.compactMap(\.double)
      }
      let (bias, variance, sum) = try (values(2, "bias²"), values(2, "variance"), values(2, "sum"))
      let (measured, training) = try (values(2, "measured"), values(3, "training"))
      #expect(bias.count == 15 && training.count == 15)
      for degree in 0..<15 {
        #expect((bias[degree] + variance[degree] + 0.09 - sum[degree]).magnitude < 1e-9)
        #expect((measured[degree] / sum[degree] - 1).magnitude < 0.05, "degree \(degree)")
      }
      // The test error has its least value in between, the training error none.
      let best = try #require(measured.indices.min { measured[$0] < measured[$1] })
      #expect((2...7).contains(best))
      #expect(zip(training, training.dropFirst()).allSatisfy { $0 > $1 })
    }
  }

  /// The rules of early stopping stand where the validation loss as drawn is least, and a patience later.
  @Test func earlyStoppingIsDrawn() throws {
    try withTemporaryDirectory { directory in
      let run = try Apus.run(["figure", "early-stopping", "--json", "e.json"], in: directory)
      #expect(run.status == 0 && run.errors == "")
      let svg = try String(contentsOfFile: directory + "/early-stopping.svg", encoding: .utf8)
      #expect(XMLParser(data: Data(svg.utf8)).parse())
      let json = try JSONValue(contentsOf: directory + "/e.json")
      let series = json["panels"]?.array?[0]["series"]?.array?.first { $0["name"]?.string == "validation" }
      let losses = try #require(series?["y"]?.array).compactMap(\.double)
      let facts = try #require(json["facts"])
      let best = try #require(facts["best_epoch"]?.double)
      let end = try #require(facts["stopping_epoch"]?.double)
      #expect(end - best == 150)
      let observed = losses.prefix(Int(end))
      #expect(observed.min() == losses[Int(best) - 1] && facts["restored_loss"]?.double == observed.min())
    }
  }

  /// The valley's paths as drawn: x of plain gradient descent is −4.5 (1 − 0.03)ᵏ, y is 1.6 (1 − 0.6)ᵏ.
  @Test func pathsOfOptimizersAreDrawn() throws {
    try withTemporaryDirectory { directory in
      let arguments = ["figure", "optimizers", "valley", "--out", "v.png", "--json", "v.json", "--width", "600"]
      #expect(try Apus.run(arguments, in: directory).status == 0)
      let bytes = try File.read(directory + "/v.png")
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      // The width in the header of a PNG file.
      #expect(bytes[16..<20].reduce(0) { $0 << 8 | Int($1) } == 600)
      let series = try JSONValue(contentsOf: directory + "/v.json")["panels"]?.array?[0]["series"]?.array ?? []
      let path = try #require(series.first { $0["name"]?.string == "SGD" })
      let xs = path["x"]?.array?.compactMap(\.double) ?? []
      let ys = path["y"]?.array?.compactMap(\.double) ?? []
      #expect(xs.count == 201)
      var expected = (x: -4.5, y: 1.6)
      for (x, y) in zip(xs, ys) {
        #expect((x - expected.x).magnitude < 1e-9 && (y - expected.y).magnitude < 1e-9)
        expected = (expected.x * 0.97, expected.y * 0.4)
      }
    }
  }

  @Test func mistakesAreExplained() throws {
    for (arguments, message) in [
      (["figure"], "expected the name of a figure"), (["figure", "sigmoit"], "did you mean sigmoid?"),
      (["figure", "sigmoid", "--out", "s.png", "--frames", "5"], "nothing moves in the figure sigmoid"),
      (["figure", "optimizers", "--frames", "5"], "expected --out with a name that ends in .png"),
      (["figure", "sigmoid", "--out", "s.gif"], "expected a name that ends in .svg or .png"),
      (["figure", "sigmoid", "runs"], "one argument too many"), (["figure", "curves"], "expected a run directory"),
      (["figure", "optimizers", "vally"], "did you mean valley?"), (["experiment", "towrs"], "did you mean towers?"),
      (["experiment"], "expected the name of an experiment"),
    ] {
      let run = try Apus.run(arguments)
      #expect(
        run.status == 2 && run.errors.contains(message) && run.errorLines.count == 1, "\(arguments): \(run.errors)")
    }
    let run = try Apus.run("figure", "curves", "no-such-run")
    #expect(run.status == 1 && run.errors.contains("no-such-run") && run.errorLines.count == 1)
  }
}

@Suite struct ExperimentTests {
  /// Published counts: 14, 104 and 1,882 (OEIS A000609).
  @Test func booleanFunctionsAreCounted() throws {
    let run = try Apus.run("experiment", "boolean-functions", "--json")
    #expect(run.status == 0)
    let rows = try #require(try JSONValue(parsing: run.output)["rows"]?.array)
    #expect(rows.compactMap { $0["separable"]?.int } == [2, 4, 14, 104, 1882])
    #expect(rows.allSatisfy { $0["proved"]?.bool == true })
    #expect(rows.compactMap { $0["computed_by_hidden_layer"]?.int } == [2, 4, 16, 256])
  }

  @Test func exclusiveOrIsLearned() throws {
    let run = try Apus.run("experiment", "xor", "--json")
    #expect(try JSONValue(parsing: run.output)["errors"]?.int == 0)
  }

  @Test func everyExperimentRuns() throws {
    let list = try Apus.run("experiment", "--list").output.split(separator: "\n")
    #expect(list.count == 17)
    for name in ["perceptron", "towers", "taylor", "sigmoid-neuron", "vanishing-gradients", "co-adaptation"] {
      #expect(list.contains { $0.hasPrefix(name + " ") })
      let run = try Apus.run("experiment", name)
      #expect(run.status == 0 && !run.output.isEmpty && run.errors == "")
      #expect(!run.output.contains("nan"))
    }
  }
}

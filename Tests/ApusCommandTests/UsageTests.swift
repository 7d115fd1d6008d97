import Testing

/// Wrong use is told in one line, with exit status 2.
@Suite struct UsageTests {
  static let mistakes: [([String], String)] = [
    (["train", "lenet6"], "unknown recipe 'lenet6': did you mean lenet5?"),
    (["evaluat", "x"], "unknown command 'evaluat': did you mean evaluate?"),
    (["train", "lenet5", "--batch-size", "0"], "--batch-size 0: expected a whole number, 1 or more"),
    (["train", "lenet5", "--epochs", "x"], "--epochs x: expected a whole number"),
    (["train", "lenet5", "--learning-rate", "-1"], "--learning-rate -1: expected a number above 0"),
    (["train", "lenet5", "--epoch", "1"], "unknown option '--epoch': did you mean --epochs?"),
    (["train", "lenet5", "--seed", "1", "--seed", "2"], "--seed is given twice"),
    (["train", "lenet5", "--seed"], "--seed needs a value"),
    (["train"], "expected RECIPE"),
    (["recipes", "more"], "too many arguments"),
    (["train", "lenet5", "--optimizer", "adan"], "did you mean adam?"),
    (["train", "lenet5", "--resume"], "--resume needs --out"),
  ]

  @Test(arguments: mistakes)
  func mistakesAreExplained(_ arguments: [String], _ message: String) throws {
    let (process, output, errors) = try Apus.start(arguments)
    let run = Apus.finish(process, output, errors)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1 && run.errors.hasPrefix("apus: "), "\(run.errors)")
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test func helpNamesEveryCommand() throws {
    let overview = try Apus.run("--help")
    #expect(overview.status == 0 && overview.errors.isEmpty)
    for command in ["train", "evaluate", "predict", "summary", "recipes", "datasets", "bench"] {
      #expect(overview.output.contains("\n  \(command) "))
      let help = try Apus.run(command, "--help")
      #expect(help.status == 0 && help.output.contains("usage: apus \(command)"))
      #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }
  }

  @Test func summaryShowsLeNet5() throws {
    let run = try Apus.run("summary", "lenet5")
    #expect(run.status == 0)
    #expect(run.output.contains("61,706 parameters"))
    #expect(run.output.contains("[1, 10, 10, 16]"))
  }
}

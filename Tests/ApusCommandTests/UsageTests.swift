import ApusFilesTestSupport
import Foundation
import Testing

/// Wrong words on the command line: exit status 2 and one line that says what was expected.
@Suite struct UsageTests {
  @Test(arguments: [
    ([], "expected a command: train, evaluate, ensemble, predict"),
    (["frobnicate"], "unknown command 'frobnicate': there are train, evaluate"),
    (["trian", "lenet5"], "unknown command 'trian': did you mean train?"),
    (["--versio"], "unknown command '--versio'"),
    (["foo\nbar\u{1B}[31m"], "unknown command 'foo\\nbar\\u{1B}[31m'"),
    (["help", "sumary"], "did you mean summary?"),
    (["train"], "expected RECIPE (apus train --help)"),
    (["train", ""], "an argument is empty, expected RECIPE"),
    (["train", "lenet"], "unknown recipe 'lenet': did you mean lenet5? (apus recipes)"),
    (["train", "vgg"], "unknown recipe 'vgg': did you mean vgg11-bn?"),
    (["train", "lenet5", "again"], "'again' is one argument too many"),
    (["train", "lenet5", "--epoch", "2"], "unknown option '--epoch': did you mean --epochs?"),
    (["train", "lenet5", "-epochs", "2"], "unknown option '-epochs': did you mean --epochs?"),
    (["train", "lenet5", "--colour", "2"], "unknown option '--colour': there are 5"),
    (["recipes", "--json"], "unknown option '--json': there are none (apus recipes --help)"),
    (["recipes", "lenet5"], "'lenet5' is one argument too many"),
    (["train", "lenet5", "--epochs", "1", "--epochs", "2"], "--epochs is given twice"),
    (["train", "lenet5", "--quiet", "--quiet"], "--quiet is given twice"),
    (["train", "lenet5", "--quiet=yes"], "--quiet takes no value"),
    (["train", "lenet5", "--epochs"], "--epochs needs a value, N"),
    (["train", "lenet5", "--out", "--resume"], "--out needs a value, DIR"),
    (["train", "lenet5", "--out", ""], "--out needs a value, DIR"),
    (["train", "lenet5", "--data="], "--data needs a value, PATH"),
    (["train", "lenet5", "--epochs", "x"], "--epochs x: expected a whole number from 1 to 1,000,000"),
    (["train", "lenet5", "--epochs", "2.5"], "--epochs 2.5: expected a whole number"),
    (["train", "lenet5", "--batch-size", "0"], "--batch-size 0: expected a whole number from 1 to"),
    (["train", "lenet5", "--batch-size", "9223372036854775807"], "--batch-size 9223372036854775807: expected"),
    (["train", "lenet5", "--threads", "99999999999"], "expected a whole number from 1 to 1,024"),
    (["train", "lenet5", "--threads=-1"], "--threads -1: expected a whole number"),
    (["train", "lenet5", "--learning-rate", "nan"], "--learning-rate nan: expected a number above 0"),
    (["train", "lenet5", "--learning-rate", "-1"], "--learning-rate -1: expected a number above 0"),
    (["train", "lenet5", "--learning-rate", "1e999"], "--learning-rate 1e999: expected a number above 0"),
    (["train", "lenet5", "--seed", "-1"], "--seed -1: expected a whole number, 0 or more"),
    (["train", "lenet5", "--optimizer", "adm"], "unknown optimizer 'adm': did you mean adam?"),
    (["train", "lenet5", "--device", "tpu"], "unknown device 'tpu'"),
    (["train", "lenet5", "--resume"], "--resume needs --out"),
    (["train", "lenet5", "--resume", "--out", "x", "--batch-size", "8"], "--batch-size cannot be changed by --resume"),
    (["train", "lenet5", "--resume", "--out", "x", "--seed", "8"], "--seed cannot be changed by --resume"),
    (["evaluate"], "expected RUN (apus evaluate --help)"),
    (["predict", "run"], "expected a run and an image, or --model and --weights"),
    (["summary", "lenet"], "did you mean lenet5?"),
    (["summary", "lenet5", "--batch-size", "9223372036854775807"], "--batch-size 9223372036854775807: expected"),
    (["datasets", "get"], "unknown word 'get': there are fetch, extract"),
    (["datasets", "fetch"], "expected the name of a data set"),
    (["datasets", "fetch", "imagenet"], "unknown data set 'imagenet': there are fashion-mnist, mnist, "),
    (["datasets", "extract", "fashion-mnist"], "extract needs --out"),
    (["profile"], "expected RECIPE|WORKLOAD (apus profile --help)"),
    (["profile", "lenet"], "unknown workload 'lenet': did you mean lenet5?"),
    (["profile", "lenet5", "--steps", "0"], "--steps 0: expected a whole number from 1"),
    (["bench", "matmull"], "unknown workload 'matmull': did you mean matmul?"),
    (["bench", "matmul", "--size", "10000000000"], "--size 10000000000: expected a whole number"),
    (["bench", "matmul", "--size", "2x3"], "--size 2x3: expected as many numbers as 1024x1024x1024"),
    (["bench", "mlp", "--size", "2"], "--size: mlp has none"),
  ])
  func isToldInOneLine(arguments: [String], message: String) throws {
    try withTemporaryDirectory { directory in
      expectFailure(try Apus.run(arguments, in: directory), status: 2, message)
      #expect(try names(in: directory) == [], "something was written")
    }
  }

  @Test func takesOperandsAfterTwoDashes() throws {
    expectFailure(try Apus.run("summary", "--", "--batch-size"), status: 2, "unknown model '--batch-size': there are")
  }

  @Test func resultsThatCannotBeWrittenAreAFailure() throws {
    expectFailure(
      try Apus.shell("\"$apus\" recipes > /dev/full"), "standard output: cannot write: No space left on device")
  }

  @Test func aReaderThatLeavesEndsTheCommandQuietly() throws {
    let piped = try Apus.shell("(\"$apus\" recipes; echo \"status $?\" >&2) | head -c 1")
    #expect(piped.output.count == 1)
    #expect(piped.errors.hasPrefix("status "))
    let closed = try Apus.shell("(trap '' PIPE; sleep 0.2; \"$apus\" recipes; echo \"status $?\" >&2) | true")
    #expect(closed.errors == "status 1\n")
  }

  @Test func saysItsVersion() throws {
    let result = try Apus.run("--version")
    #expect(result.status == 0 && result.output.hasPrefix("apus ") && result.errors == "")
  }
}

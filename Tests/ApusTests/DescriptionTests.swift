import ApusCore
import ApusTensor
import Testing

/// Tensors print as NumPy prints the same arrays.
@Suite struct DescriptionTests {
  @Test(arguments: Printed.lines + Printed.arrays)
  func printsAsNumPy(_ printed: Printed) {
    #expect(Tensor(exactly: printed.values, printed.type).description == printed.text)
  }

  @Test func largeIntegersKeepTheirDigits() {
    #expect(
      Tensor([Int.max, Int.min, 0]).description == "[ 9223372036854775807 -9223372036854775808                    0]")
  }

  @Test func debuggingShowsTheType() {
    let x = Tensor([1, 2] as [Float])
    #expect(x.debugDescription == "[1. 2.] float32[2]")
    #expect((x + 1).debugDescription == "Tensor(float32[2], pending)")
  }

  @Test func tracedTensorsPrintWithoutValues() {
    let text = TextBox()
    _ = compile { (x: Tensor) in
      text.value = x.description
      return x
    }([1, 2])
    #expect(text.value == "Tensor(float32[2], traced)")
  }

  private final class TextBox { var value = "" }
}

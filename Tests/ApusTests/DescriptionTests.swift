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

  /// Of large arrays only what is shown is read, in each of the types' sizes.
  @Test func largeArraysShowTheirEdges() {
    let x = Tensor.range(2000).reshaped(to: [2, 1000])
    #expect(x.description == "[[   0    1    2 ...  997  998  999]\n [1000 1001 1002 ... 1997 1998 1999]]")
    let text = "[[ True  True  True ...  True  True False]\n [False False False ... False False False]]"
    #expect((x .< 999).description == text)
    let quarters = (Tensor.range(2000, dtype: .float32) + 1000) / 4
    let wholes = Tensor.range(from: 10, to: 2010)
    #expect(wholes.cast(to: .float16).description == "[  10.   11.   12. ... 2007. 2008. 2009.]")
    #expect(quarters.cast(to: .bfloat16).description == "[250. 250. 250. ... 748. 748. 748.]")
    #expect(quarters.cast(to: .float64).description == "[250.   250.25 250.5  ... 749.25 749.5  749.75]")
    let small = (Tensor.range(2000) - 500).cast(to: .int16)
    #expect(small.description == "[-500 -499 -498 ... 1497 1498 1499]")
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

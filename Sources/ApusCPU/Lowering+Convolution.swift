import ApusCore
import CApusKernels

extension Lowering {
  mutating func lowerConvolution(
    _ d: ConvolutionDimensions, _ x: View, _ w: View, _ fused: FusedProduct, _ others: [View], _ target: View
  ) {
    if target.shape.elementCount == 0 { return }
    let isSingle = x.dtype == .float32
    let layout = isSingle ? ConvolutionLayout(d) : .other
    switch layout {
    case .forward:
      let source = dense(x)
      var shape = apus_convolution_shape(d, x: source, w: w, output: target.shape)
      emit(
        .convolution(shape, Epilogue(fused)), [source, w] + others, target,
        scratch: apus_convolution_f32_scratch(&shape), label: fused.label)
    case .weightGradient:
      let (source, cotangents) = (dense(x), dense(w))
      let shape = apus_convolution_shape(weightGradient: d, x: source, dy: cotangents, dw: target)
      emitWeightGradient(shape, [source, cotangents], target)
    case .transposedWeightGradient:
      let (source, cotangents, reversed) = (dense(x), dense(w), target.reversed(d.outputSpatial))
      let shape = apus_convolution_shape(transposedWeightGradient: d, x: source, dy: cotangents, dw: reversed)
      emitWeightGradient(shape, [cotangents, source], reversed)
    case .other:
      let shape = apus_convolution_any_shape(d, x: x, w: w, y: target)
      emit(.convolutionAny(shape, x.dtype), [x, w], target, label: "convolution (general)")
    }
  }

  private mutating func emitWeightGradient(_ shape: apus_convolution_shape, _ reads: [View], _ write: View) {
    var shape = shape
    emit(
      .convolutionWeightGradient(shape), reads, write,
      scratch: apus_convolution_weight_gradient_f32_scratch(&shape), label: "convolution weight gradient")
  }
}

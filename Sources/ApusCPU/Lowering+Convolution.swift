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
      var shape = apus_convolution_shape(weightGradient: d, x: source, dy: cotangents, dw: target)
      emit(
        .convolutionWeightGradient(shape), [source, cotangents], target,
        scratch: apus_convolution_weight_gradient_f32_scratch(&shape), label: "convolution weight gradient")
    case .other:
      let shape = apus_convolution_any_shape(d, x: x, w: w, y: target)
      emit(.convolutionAny(shape, x.dtype), [x, w], target, label: "convolution (general)")
    }
  }
}

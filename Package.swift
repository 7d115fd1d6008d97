// swift-tools-version: 6.3
import PackageDescription

// A target's room decides its settings: see ARCHITECTURE.md for what may import what.
let swift: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swift)
}

func library(_ name: String, pkgConfig: String?, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "Apus",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusLinearAlgebra", targets: ["ApusLinearAlgebra"]),
    .library(name: "ApusDrawing", targets: ["ApusDrawing"]),
    .library(name: "ApusLanguage", targets: ["ApusLanguage", "ApusTokenizers"]),
    .executable(name: "apus", targets: ["ApusCommand"]),
  ],
  targets: [
    // The core: nothing but the toolchain.
    .target(
      name: "CApusKernels", cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    room("ApusCore"),
    room("ApusGradients", ["ApusCore"]),
    room("ApusCompiler", ["ApusCore"]),
    room("ApusRuntime", ["ApusCore"]),
    room("ApusReference", ["ApusRuntime", "ApusCore"]),
    room("ApusCPU", ["ApusRuntime", "ApusCompiler", "ApusCore", "CApusKernels"]),
    room("ApusTensor", ["ApusRuntime", "ApusGradients", "ApusCore"]),
    room("ApusNN", ["ApusTensor"]),
    room("ApusOptim", ["ApusNN", "ApusTensor"]),
    room("ApusFiles"),
    room("ApusData", ["ApusTensor", "ApusFiles"]),
    room("ApusFormats", ["ApusTensor", "ApusFiles"]),
    room(
      "ApusTraining", ["ApusNN", "ApusOptim", "ApusData", "ApusFormats", "ApusFiles", "ApusTensor", "ApusDrawing"]),
    room("ApusModels", ["ApusNN", "ApusOptim", "ApusTraining", "ApusTensor"]),
    room("ApusRL", ["ApusNN", "ApusOptim", "ApusTensor", "ApusCPU", "ApusData", "ApusFiles"]),
    room("ApusDrawing"),
    room(
      "Apus",
      [
        "ApusCore", "ApusTensor", "ApusCPU", "ApusNN", "ApusOptim", "ApusFiles", "ApusData", "ApusFormats",
        "ApusTraining", "ApusModels", "ApusRL",
      ]),

    // Rooms that need a system library, outside the umbrella.
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    library("CJPEG", pkgConfig: "libjpeg", apt: "libjpeg62-turbo-dev"),
    library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    library("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    room("ApusCompression", ["ApusFiles", "CZlib"]),
    room("ApusImages", ["ApusFiles", "CPNG", "CJPEG"]),
    room("ApusDownloads", ["ApusFiles", "CCurl", "CCrypto"]),
    // The C library is OpenBLAS with LAPACK (apt: libopenblas-dev), or Apple's Accelerate.
    .target(
      name: "CApusLinearAlgebra", cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
      linkerSettings: [
        .linkedLibrary("lapack", .when(platforms: [.linux])), .linkedLibrary("blas", .when(platforms: [.linux])),
        .linkedLibrary("m", .when(platforms: [.linux])), .linkedFramework("Accelerate", .when(platforms: [.macOS])),
      ]),
    room("ApusLinearAlgebra", ["ApusTensor", "CApusLinearAlgebra"]),
    room("ApusEmbeddings", ["ApusLinearAlgebra", "ApusCPU", "ApusData", "ApusTensor", "ApusFiles"]),
    library("CClp", pkgConfig: "clp", apt: "coinor-libclp-dev"),
    room("ApusLinearPrograms", ["ApusRL", "CClp"]),
    library("CRsvg", pkgConfig: "cairo", apt: "librsvg2-dev"),
    room("ApusRasterizer", ["CRsvg"]),
    // Its pkg-config file asks for a definition that SwiftPM does not pass on, and that it does not need.
    library("CUtf8proc", pkgConfig: nil, apt: "libutf8proc-dev"),
    room("ApusTokenizers", ["ApusFiles", "CUtf8proc"]),
    room("ApusLanguage", ["ApusModels", "ApusTokenizers", "ApusNN", "ApusTensor", "ApusFormats", "ApusFiles"]),
    room(
      "ApusDatasets", ["ApusData", "ApusTensor", "ApusFiles", "ApusCompression", "ApusDownloads", "ApusImages"]),
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "Apus", "ApusCPU", "ApusFiles", "ApusDatasets", "ApusDownloads", "ApusImages", "ApusDrawing", "ApusRasterizer",
        "ApusLanguage", "ApusTokenizers", "ApusEmbeddings", "ApusLinearAlgebra", "ApusLinearPrograms",
      ],
      swiftSettings: swift),

    tests(
      "ApusTests",
      [
        "Apus", "ApusCore", "ApusGradients", "ApusCompiler", "ApusRuntime", "ApusReference", "ApusCPU", "ApusTensor",
        "ApusFiles",
      ]),
    tests("ApusCPUTests", ["Apus", "ApusCPU", "ApusCore", "ApusReference", "ApusRuntime"]),
    tests("ApusNNTests", ["Apus", "ApusRuntime"]),
    tests("ApusOptimTests", ["Apus", "ApusRuntime"]),
    tests("ApusTrainingTests", ["Apus", "ApusDrawing", "ApusFilesTestSupport"]),
    tests("ApusModelsTests", ["Apus", "ApusFilesTestSupport"]),
    tests(
      "ApusCommandTests",
      ["ApusCommand", "ApusCompression", "ApusData", "ApusImages", "ApusFiles", "ApusFilesTestSupport"],
      exclude: ["Snapshots"]),
    tests("DocumentationTests", ["Apus", "ApusCore"]),
    tests("ApusEmbeddingsTests", ["Apus", "ApusEmbeddings", "ApusFiles", "ApusFilesTestSupport"]),
    tests("ApusRLTests", ["Apus", "ApusRL", "ApusLinearPrograms", "ApusFiles", "ApusFilesTestSupport"]),
    tests("ApusLinearAlgebraTests", ["Apus", "ApusLinearAlgebra", "ApusFiles"]),

    tests("ApusDrawingTests", ["ApusDrawing"]),
    tests("ApusRasterizerTests", ["ApusRasterizer", "ApusDrawing", "ApusImages"]),

    // The tests of the rooms for files.
    .target(name: "ApusFilesTestSupport", path: "Tests/ApusFilesTestSupport", swiftSettings: swift),
    tests("ApusFilesTests", ["ApusFiles", "ApusFilesTestSupport"]),
    tests("ApusCompressionTests", ["ApusCompression", "ApusFiles", "ApusFilesTestSupport"]),
    tests("ApusImagesTests", ["ApusImages", "ApusFiles", "ApusFilesTestSupport"]),
    tests("ApusDownloadsTests", ["ApusDownloads", "ApusFiles", "ApusFilesTestSupport"]),
    tests(
      "ApusDatasetsTests",
      [
        "Apus", "ApusDatasets", "ApusData", "ApusCompression", "ApusImages", "ApusFiles", "ApusFilesTestSupport",
      ]),
    tests("ApusTokenizersTests", ["ApusTokenizers", "ApusFiles"]),
    tests("ApusLanguageTests", ["Apus", "ApusLanguage", "ApusTokenizers", "ApusFilesTestSupport"]),
    tests("ApusFormatsTests", ["ApusFormats", "ApusFiles", "ApusFilesTestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)

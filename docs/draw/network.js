/** Loads the network and returns what gives the probabilities of the digits from 28x28 bytes. */
export async function loadNetwork() {
  const { env, InferenceSession, Tensor } = await import("./onnxruntime-web/runtime.js");
  // More than one thread takes HTTP headers that few servers of static pages send.
  env.wasm.numThreads = 1;
  const file = new URL("digits.onnx", import.meta.url).href;
  const session = await InferenceSession.create(file);
  return async (pixels) => {
    const images = new Tensor("uint8", pixels, [1, 28, 28, 1]);
    const { probabilities } = await session.run({ images });
    return Array.from(probabilities.data);
  };
}

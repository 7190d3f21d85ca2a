// Sends one file as a raw body and tells how far it is. XMLHttpRequest, because fetch cannot say what has been sent.
import type { Problem } from "../../contract/problem.ts";
import type { Upload } from "../../contract/upload.ts";
import { ApiError, NetworkError } from "../app/api.ts";

const PATH = "/api/v1/uploads";

interface UploadFileOptions {
  onProgress: (sentBytes: number) => void;
  signal: AbortSignal;
}

/** Throws ApiError, NetworkError, or the signal's reason once it aborts. */
export function uploadFile(file: File, { onProgress, signal }: UploadFileOptions): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Upload);
      else reject(toError(request));
    });
    request.addEventListener("error", () => reject(new NetworkError(PATH, new Error("the upload broke off"))));
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.open("POST", PATH);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    // Headers carry Latin-1 only, so the name travels percent-encoded.
    request.setRequestHeader("x-filename", encodeURIComponent(file.name));
    request.send(file);
  });
}

function toError(request: XMLHttpRequest): ApiError {
  try {
    const problem = JSON.parse(request.responseText) as Problem;
    return new ApiError({ status: request.status, problem, detail: problem.detail });
  } catch {
    return new ApiError({
      status: request.status,
      problem: null,
      detail: `The upload was answered ${request.status} ${request.statusText}.`,
    });
  }
}

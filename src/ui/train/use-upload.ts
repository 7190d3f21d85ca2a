// One upload at a time: chosen, under way, stored, or failed.
import { useRef, useState } from "react";
import type { Upload } from "../../contract/upload.ts";
import { noteExpiry } from "../app/query-client.ts";
import { announce } from "../components/announcer.tsx";
import { uploadFile } from "./upload-file.ts";

export type UploadState =
  | { step: "none" }
  | { step: "sending"; file: File; sentBytes: number }
  | { step: "stored"; upload: Upload }
  | { step: "failed"; file: File; error: unknown };

export function useUpload() {
  const [state, setState] = useState<UploadState>({ step: "none" });
  const running = useRef<AbortController>(undefined);

  const start = async (file: File) => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setState({ step: "sending", file, sentBytes: 0 });
    try {
      const upload = await uploadFile(file, {
        signal: mine.signal,
        onProgress: (sentBytes) => running.current === mine && setState({ step: "sending", file, sentBytes }),
      });
      if (mine.signal.aborted) return;
      setState({ step: "stored", upload });
      announce(`${file.name} is uploaded`);
    } catch (error) {
      if (mine.signal.aborted) return;
      noteExpiry(error);
      setState({ step: "failed", file, error });
    }
  };

  const clear = () => {
    running.current?.abort();
    setState({ step: "none" });
  };

  return { state, start, clear };
}

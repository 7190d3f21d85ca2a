// What every server started for the tests looks like.
export interface TestServer {
  url: string;
  stop(): Promise<void>;
}

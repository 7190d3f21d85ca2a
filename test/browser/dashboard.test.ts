// The dashboard as people use it: a real server, a real browser. One server for all parts, for starting it is the slow part.
import { afterAll, beforeAll, describe } from "vitest";
import { accessTests } from "./access.ts";
import { jobPageTests } from "./job-page.ts";
import { jobsTests } from "./jobs.ts";
import { operatorTests } from "./operators.ts";
import { type Stage, setStage } from "./stage.ts";
import { trainTests } from "./train-and-generate.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage?.stop());

// In this order: the first part begins with a server that has no jobs yet.
describe("the list of jobs", () => jobsTests(() => stage));
describe("the page of a job", () => jobPageTests(() => stage));
describe("queues, runners and the session", () => operatorTests(() => stage));
describe("from a text to generated text", () => trainTests(() => stage));
describe("access for everybody", () => accessTests(() => stage));

// MILLRACE_HTTP_ALLOW and what it makes of workerd's network policy.
import { describe, expect, test } from "vitest";
import { deniedBeside, NetworkList } from "../../src/entry/local/networks.ts";
import { readOptions, UsageError } from "../../src/entry/local/options.ts";
import { workerdConfig } from "../../src/entry/local/workerd-config.ts";

describe("MILLRACE_HTTP_ALLOW", () => {
  test("takes addresses, CIDRs and the word private", () => {
    expect(NetworkList.parse(" 10.0.0.0/8, 127.0.0.1,::1 , private,")).toEqual(["10.0.0.0/8", "127.0.0.1/32", "::1/128", "private"]);
    expect(NetworkList.parse("")).toEqual([]);
  });

  test.each(["example.com", "10.0.0.0/33", "10.0.0.0/x", "::/129", 'x"]; evil', "local"])("refuses '%s'", (list) => {
    expect(NetworkList.safeParse(list).success).toBe(false);
  });

  test("takes a special range out of the denied ones where the user's list reaches into it", () => {
    const denied = ["198.18.0.0/15", "192.0.2.0/24", "64:ff9b::/96"];
    expect(deniedBeside(["198.19.1.0/24"], denied)).toEqual(["192.0.2.0/24", "64:ff9b::/96"]);
    expect(deniedBeside(["192.0.0.0/16"], denied)).toEqual(["198.18.0.0/15", "64:ff9b::/96"]);
    expect(deniedBeside(["10.0.0.0/8"], denied)).toEqual(denied);
    expect(deniedBeside(["private"], denied)).toEqual([]);
  });

  test("reaches workerd's configuration", () => {
    const text = workerdConfig({ workerPath: "worker.js", httpAllow: ["10.0.0.0/8"] });
    expect(text).toContain('allow = ["public", "10.0.0.0/8"]');
    expect(text).toContain('embed "worker.js"');
    expect(text).toContain('"64:ff9b::/96"');
  });
});

describe("the arguments", () => {
  test("have defaults, and none is needed", () => {
    expect(readOptions([], {})).toMatchObject({ port: 8787, host: "127.0.0.1", withRunner: true, MILLRACE_HTTP_ALLOW: [] });
  });

  test.each([
    [["--prot", "1"], {}, /--prot/],
    [["extra"], {}, /extra/],
    [["--port", "0"], {}, /--port takes a number/],
    [["--port", "http"], {}, /--port takes a number/],
    [["--data", ""], {}, /--data takes a directory/],
    [[], { MILLRACE_ADMIN_KEY: "short" }, /MILLRACE_ADMIN_KEY: expected mr_/],
    [[], { MILLRACE_MAX_UPLOAD_BYTES: "many" }, /MILLRACE_MAX_UPLOAD_BYTES/],
    [[], { MILLRACE_HTTP_ALLOW: "intranet" }, /MILLRACE_HTTP_ALLOW/],
  ] as const)("%j with %j are refused with what is wrong", (args, environment, expected) => {
    expect(() => readOptions(args, environment)).toThrow(UsageError);
    expect(() => readOptions(args, environment)).toThrow(expected);
  });

  test("hand the runner's settings on, and take an empty variable for none", () => {
    const options = readOptions(["--no-runner"], { RUNNER_LABELS: "zone=lab", PATH: "/bin", MILLRACE_ADMIN_KEY: "" });
    expect(options).toMatchObject({ withRunner: false, runnerEnvironment: { RUNNER_LABELS: "zone=lab" } });
    expect(options?.MILLRACE_ADMIN_KEY).toBeUndefined();
  });
});

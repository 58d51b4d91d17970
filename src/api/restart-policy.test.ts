import { expect, test } from "bun:test";
import { parseRestartPolicy, validateRestartPolicy } from "./restart-policy.ts";

test("--restart values", () => {
	expect(parseRestartPolicy("")).toEqual({});
	expect(parseRestartPolicy("always")).toEqual({ Name: "always", MaximumRetryCount: 0 });
	expect(parseRestartPolicy("on-failure:3")).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
	expect(() => parseRestartPolicy(":3")).toThrow("no policy provided before colon");
	expect(() => parseRestartPolicy("on-failure:x")).toThrow("maximum retry count must be an integer");
});

test("what the engine takes", () => {
	expect(validateRestartPolicy(undefined)).toEqual({ mode: "no", maximumRetryCount: 0 });
	expect(validateRestartPolicy({ Name: "on-failure", MaximumRetryCount: 3 })).toEqual({
		mode: "on-failure",
		maximumRetryCount: 3,
	});
	expect(() => validateRestartPolicy({ Name: "always", MaximumRetryCount: 1 })).toThrow(
		"invalid restart policy: maximum retry count can only be used with 'on-failure'",
	);
	expect(() => validateRestartPolicy({ Name: "on-failure", MaximumRetryCount: -1 })).toThrow(
		"invalid restart policy: maximum retry count cannot be negative",
	);
	expect(() => validateRestartPolicy({ Name: "foo" })).toThrow(
		"invalid restart policy: unknown policy 'foo'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
	);
});

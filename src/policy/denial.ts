import { EngineError } from "../lib/index.ts";
import type { SocketPolicy } from "./contract.ts";

/** A call that a policy denies: `forbidden`, with the rule in its text. */
export class PolicyDenial extends EngineError {
	readonly rule: string;

	constructor(socket: string, rule: string, text: string) {
		super("forbidden", `denied by rule ${JSON.stringify(rule)} of socket ${socket}: ${text}`);
		this.name = "PolicyDenial";
		this.rule = rule;
	}
}

export function denial({ name }: Pick<SocketPolicy, "name">, rule: string, text: string): PolicyDenial {
	return new PolicyDenial(name, rule, text);
}

/** What somebody else wrote, fit for an error's text. */
export function quoted(value: unknown): string {
	return (JSON.stringify(value) ?? "nothing").slice(0, 200);
}

/** Checks of a request field by field. Each field has one: a field that nobody has thought of does not compile. */
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";

export interface FieldCheck<Value> {
	readonly rule: string;
	/** Why not; `undefined` when it may be. Not asked about absent fields. */
	readonly objection: (value: Value, policy: SocketPolicy) => string | undefined;
}

export type FieldChecks<Request> = {
	readonly [Field in keyof Required<Request>]: FieldCheck<NonNullable<Request[Field]>>;
};

/** Harms nobody but the container itself, or is looked at where what it names is known. */
export const free: FieldCheck<unknown> = { rule: "", objection: () => undefined };

/** Zero values ask for nothing. */
export function never(rule: string, text: string): FieldCheck<unknown> {
	return { rule, objection: (value) => (asksForNothing(value) ? undefined : text) };
}

export function unless<Value>(rule: string, objection: FieldCheck<Value>["objection"]): FieldCheck<Value> {
	return { rule, objection };
}

/** `forbidden`, naming the rule and the field. A field without a check is denied. */
export function checkFields<Request extends object>(
	policy: SocketPolicy,
	request: Request,
	checks: FieldChecks<Request>,
): void {
	for (const [field, value] of Object.entries(request)) {
		if (value === undefined || value === null) continue;
		const check = Object.hasOwn(checks, field)
			? (checks[field as keyof Request] as FieldCheck<unknown>)
			: never("fields", "the field is not known to the policy");
		const text = check.objection(value, policy);
		if (text !== undefined) throw denial(policy, check.rule, `${field}: ${text}`);
	}
}

function asksForNothing(value: unknown): boolean {
	if (typeof value !== "object" || value === null)
		return value === "" || value === 0 || value === false || value === undefined || value === null;
	return Object.keys(value).length === 0;
}

/** A template that cannot be read or carried out; the message is worded as Go's text/template words it. */
export class TemplateError extends Error {
	readonly stage: "parse" | "execute";

	constructor(stage: "parse" | "execute", message: string) {
		super(message);
		this.name = "TemplateError";
		this.stage = stage;
	}
}

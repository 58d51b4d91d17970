import { containerStop } from "../../../client/index.ts";
import { stopCommand } from "./stop-command.ts";

export const command = stopCommand("running-container", containerStop);

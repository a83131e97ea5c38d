/** The whole command line. */
import { Command } from "effect/cli"
import { audit } from "./Commands/Audit.ts"
import { checkouts } from "./Commands/Checkouts.ts"
import { disputes } from "./Commands/Disputes.ts"
import { catalog, doctor } from "./Commands/Doctor.ts"
import { drill, drills } from "./Commands/Drills.ts"
import { endpoints } from "./Commands/Endpoints.ts"
import { told } from "./Commands/Events.ts"
import { keys } from "./Commands/Keys.ts"
import { migrate } from "./Commands/Migrate.ts"
import { money } from "./Commands/Money.ts"
import { operations } from "./Commands/Operations.ts"
import { Json } from "./Output.ts"
import { Url } from "./Server.ts"

const description = `Payment Orchestrator's command line, a client of its HTTP API.

PAYCTL_URL says where the server is, PAYCTL_API_KEY (or PAYCTL_API_KEY_FILE) which key to use; else the server's own PORT and PAYMENT_API_KEY. Doctor and migrate also read the server's environment and its database.

Exit codes: 0 done; 1 refused, or a check failed; 2 the command is wrong; 3 the server cannot be reached; 4 no key, or it may not do this; 5 there is nothing by that id; 6 not possible right now, the same command may succeed later.`

export const payctl = Command.make("payctl").pipe(
  Command.withDescription(description),
  Command.withSubcommands([
    doctor,
    catalog,
    checkouts,
    ...money,
    disputes,
    ...operations,
    ...told,
    endpoints,
    keys,
    audit,
    drill,
    drills,
    migrate,
  ]),
  Command.withGlobalFlags([Url, Json]),
)

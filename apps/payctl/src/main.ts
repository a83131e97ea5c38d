#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as EnvProvider from "@payment-orchestrator/server/EnvProvider"
import { Console, Effect, Layer, Logger, References } from "effect"
import { Command } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { Failure } from "./Failure.ts"
import { payctl } from "./Payctl.ts"

payctl.pipe(
  Command.run({ version: "0.1.0" }),
  // What is wrong with the command itself was shown together with its help.
  Effect.catch((error) =>
    error instanceof Failure
      ? Effect.andThen(Console.error(`error: ${error.message}`), Effect.fail(error))
      : Effect.fail(new Failure({ why: "usage", detail: error.message })),
  ),
  Effect.provide(
    Layer.mergeAll(
      FetchHttpClient.layer,
      Logger.layer([Logger.consolePretty()]),
      Layer.succeed(References.MinimumLogLevel, "Error"),
      EnvProvider.layer,
    ).pipe(Layer.provideMerge(NodeServices.layer)),
  ),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true }),
)

// A fake Google provider, over Terraform's plugin protocol: plans and applies without a network, an account or a download.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { decode, encode } from '@msgpack/msgpack'
import {
  appliedState,
  type Block,
  codec,
  completeState,
  dataOf,
  plannedState,
  readState,
  replacing,
  schemas,
  type Values,
} from './google-resources.ts'

interface Wire {
  readonly msgpack: Uint8Array
}
interface Request {
  readonly type_name: string
  readonly config: Wire
  readonly prior_state: Wire
  readonly proposed_new_state: Wire
  readonly planned_state: Wire
  readonly current_state: Wire
  readonly raw_state: { readonly json: Uint8Array }
}
type Answer = Readonly<Record<string, unknown>>

const NESTING: Readonly<Record<string, number>> = { single: 1, list: 2, set: 3, map: 4 }
const read = ({ msgpack }: Wire): Values | null => decode(msgpack, { extensionCodec: codec }) as Values | null
const write = (values: Values | null): Wire => ({ msgpack: encode(values, { extensionCodec: codec }) })
const blockOf = (type: string): Block => schemas.resource_schemas[type]?.block ?? { attributes: {}, block_types: {} }

const methods: Readonly<Record<string, (request: Request) => Answer>> = {
  GetProviderSchema: () => ({
    provider: describe(schemas.provider_block),
    resource_schemas: describeAll(schemas.resource_schemas),
    data_source_schemas: describeAll(schemas.data_source_schemas),
  }),
  ValidateProviderConfig: () => ({}),
  ValidateResourceConfig: () => ({}),
  ValidateDataResourceConfig: () => ({}),
  ConfigureProvider: () => ({}),
  UpgradeResourceState: ({ type_name, raw_state }) => ({
    upgraded_state: write(
      completeState(blockOf(type_name), JSON.parse(Buffer.from(raw_state.json).toString()) as Values),
    ),
  }),
  ReadResource: ({ type_name, current_state }) => {
    const state = read(current_state)
    return { new_state: write(state && readState(type_name, state)) }
  },
  PlanResourceChange: ({ type_name, prior_state, proposed_new_state }) => {
    const proposed = read(proposed_new_state)
    if (proposed === null) return { planned_state: proposed_new_state }
    const prior = read(prior_state)
    const planned = plannedState(blockOf(type_name), proposed, prior === null)
    return {
      planned_state: write(planned),
      requires_replace: replacing(type_name, prior ?? {}, planned).map((name) => ({
        steps: [{ attribute_name: name }],
      })),
      legacy_type_system: true,
    }
  },
  ApplyResourceChange: ({ type_name, planned_state }) => {
    const planned = read(planned_state)
    const applied = planned && appliedState(type_name, blockOf(type_name), planned)
    return { new_state: write(applied), legacy_type_system: true }
  },
  ReadDataSource: ({ type_name, config }) => ({
    state: write(dataOf(type_name, schemas.data_source_schemas[type_name]?.block ?? blockOf(''), read(config) ?? {})),
  }),
  StopProvider: () => ({}),
}

/** Terraform's settings for the fake instead of the real providers. */
export interface FakeProvider {
  readonly environment: Readonly<Record<string, string>>
  close(): void
}

/** Serves the fake until it is closed. */
export async function serveGoogleProvider(): Promise<FakeProvider> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-provider-'))
  const definition = loadSync(join(import.meta.dirname, 'provider.proto'), { keepCase: true })
  const { Provider } = loadPackageDefinition(definition)['tfplugin6'] as { Provider: ServiceClientConstructor }
  const server = new Server()
  server.addService(
    Provider.service,
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        (call: { request: Request }, done: (error: Error | null, answer?: Answer) => void) => {
          try {
            done(null, method(call.request))
          } catch (error) {
            done(error as Error)
          }
        },
      ]),
    ),
  )
  const socket = join(folder, 's')
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    )
  })
  const address = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'unix', String: socket },
  }
  const names = ['google', 'google-beta'].map((name) => `registry.terraform.io/hashicorp/${name}`)
  return {
    environment: { TF_REATTACH_PROVIDERS: JSON.stringify(Object.fromEntries(names.map((name) => [name, address]))) },
    close() {
      server.forceShutdown()
      rmSync(folder, { recursive: true })
    },
  }
}

const describeAll = (of: Readonly<Record<string, { readonly block: Block }>>): Answer =>
  Object.fromEntries(Object.entries(of).map(([name, { block }]) => [name, describe(block)]))

const describe = (block: Block): Answer => ({ version: 0, block: describeBlock(block) })

const describeBlock = (block: Block): Answer => ({
  attributes: Object.entries(block.attributes).map(([name, { type, ...flags }]) => ({
    name,
    type: Buffer.from(JSON.stringify(type)),
    ...flags,
    computed: flags.computed === true && flags.required !== true,
  })),
  block_types: Object.entries(block.block_types).map(([type_name, { nesting_mode, block: nested }]) => ({
    type_name,
    nesting: NESTING[nesting_mode],
    block: describeBlock(nested),
  })),
})

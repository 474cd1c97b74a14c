import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Answer, Prompt } from '../../support/engineClient.ts'
import { EngineClient } from '../../support/engineClient.ts'
import { putEngineUser } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { makePng, nextUnique, savePrompt } from '../prompts.ts'

export interface PersonFolders {
  readonly input: string
  readonly output: string
  readonly temp: string
  readonly userdata: string
}

/** One of two people who must not notice each other. */
export interface Person {
  readonly id: string
  readonly client: EngineClient
  readonly folders: PersonFolders
}

export interface IsolationWorld {
  readonly alice: Person
  readonly bob: Person
  /** Works in ComfyUI's own folders. */
  readonly owner: Person
}

export interface IsolationContext {
  /** Asked in each case: the world exists only after the suite's own set-up. */
  readonly world: () => IsolationWorld
  readonly throughGate: boolean
}

export const ALICE_ID = 'alice00000000000'
export const BOB_ID = 'bob0000000000000'

/** Somebody whom the engine knows without a gate. */
export async function addPerson(engine: EngineUnderTest, id: string, base: string): Promise<Person> {
  const below = (name: string): string => join(base, id, name)
  const folders = { input: below('input'), output: below('output'), temp: below('temp'), userdata: below('userdata') }
  for (const path of [folders.input, folders.output, folders.userdata])
    mkdirSync(path, { recursive: true, mode: 0o700 })
  await putEngineUser(engine, id, toBody(folders))
  return { id, folders, client: clientOf(engine, id) }
}

/** The body of `PUT users/{id}`. */
export function toBody(folders: PersonFolders): Record<string, string> {
  return {
    inputDirectory: folders.input,
    outputDirectory: folders.output,
    tempDirectory: folders.temp,
    userdataDirectory: folders.userdata,
  }
}

/** A client as the gate is one: with the secret, and for that user or none. */
export function clientOf(engine: EngineUnderTest, userId?: string): EngineClient {
  const secret = { 'x-gatehouse-secret': engine.secret ?? '' }
  return new EngineClient({
    ...engine,
    headers: userId === undefined ? secret : { ...secret, 'x-gatehouse-user': userId },
  })
}

/** A folder for the people of one suite. */
export function makePeopleFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gatehouse-people-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Every file below a folder with its content; links are not followed, and the gate's own marker is left out. */
export function contentsOf(folder: string): Map<string, string> {
  const contents = new Map<string, string>()
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const name = join(below, entry.name)
      if (entry.isDirectory() && entry.name !== '.gatehouse') walk(name)
      else if (entry.isFile()) contents.set(name, readFileSync(join(folder, name)).toString('base64'))
    }
  }
  walk('')
  return contents
}

/** Everything that somebody has on disk. */
export function everythingOf({ folders }: Person): Map<string, string>[] {
  return [folders.input, folders.output, folders.userdata].map(contentsOf)
}

/** A picture that only this person has, uploaded to the input folder. */
export async function uploadPicture(person: Person, fields: Record<string, string> = {}, filename?: string) {
  const content = await makePng(nextUnique())
  const name = filename ?? `secret_${nextUnique()}.png`
  const answer = await person.client.upload('/upload/image', { image: { filename: name, content }, ...fields })
  expect(answer.status).toBe(200)
  return { name: answer.json().name as string, subfolder: answer.json().subfolder as string, content }
}

/** A picture that only this person has, in the output folder. */
export async function savePicture(person: Person, prefix = `secret_${nextUnique()}`) {
  const { entry, promptId } = await person.client.run(savePrompt({ prefix }))
  const [image] = entry.outputs['2'].images
  return { promptId, filename: image.filename as string, subfolder: image.subfolder as string }
}

/** `GET /view`. */
export function view(person: Person, query: Record<string, string>): Promise<Answer> {
  return person.client.get(`/view?${new URLSearchParams(query).toString()}`)
}

/** A workflow that loads the picture and saves it. */
export function loadPrompt(image: string, prefix = `loaded_${nextUnique()}`): Prompt {
  return { ...savePrompt({ prefix }), '1': { class_type: 'LoadImage', inputs: { image } } }
}

/** Refused, and without a byte of what was asked for. */
export function expectNothing(answer: Answer, ...secrets: (string | Buffer)[]): void {
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  for (const secret of secrets) expect(answer.body.includes(secret)).toBe(false)
}

/** The nodes that a run took from the cache. */
export function cachedNodes(entry: any): string[] {
  return entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1].nodes
}

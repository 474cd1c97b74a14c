import type { Page } from 'playwright-core'
import { people, owner, ownerScenario, portalScenario, problem } from './pageFixtures.ts'
import {
  createFolders,
  createOutputs,
  describeMade,
  fullFolder,
  ownFolder,
  soundNumber,
  toOutputPages,
} from './pageFixturesOutputs.ts'
import type { Shot } from './pageFixturesShots.ts'
import { pendingAnswer } from './pageFixturesServer.ts'

const [, mia = owner, , tom = owner] = people
const outputs = createOutputs([mia])
const [newest, second, portrait = newest] = outputs
const sound = outputs[soundNumber]
const path = '/gatehouse/pictures'

const details = Object.fromEntries(outputs.map((output) => [`GET outputs/${output.id}`, describeMade(output)]))
const answers = { 'GET outputs': toOutputPages(outputs), 'GET folders/mine': ownFolder(mia), ...details }
const empty = {
  'GET outputs': { items: [], nextCursor: null },
  'GET folders/mine': ownFolder(mia, { bytes: 0, files: 0 }),
}

/** Every preview in sight has come. */
async function seePictures(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Today' }).waitFor()
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
}

async function seeOpenPicture(page: Page): Promise<void> {
  await page.getByRole('dialog').getByText('Seed').waitFor()
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

export const pictureShots: readonly Omit<Shot, 'place'>[] = [
  { name: 'portal-pictures', path, scenario: portalScenario(mia, answers), viewportOnly: true, act: seePictures },
  { name: 'pictures-empty', path, scenario: portalScenario(mia, empty) },
  { name: 'pictures-empty-user', path, scenario: portalScenario(tom, empty) },
  {
    name: 'pictures-loading',
    path,
    scenario: portalScenario(mia, { ...answers, 'GET outputs': pendingAnswer }),
    act: async (page) => {
      await page.locator('[aria-busy=true]').getByText('Loading').waitFor()
    },
  },
  {
    name: 'pictures-error',
    path,
    scenario: portalScenario(mia, answers, {
      'GET outputs': problem(
        500,
        'INTERNAL_ERROR',
        'Gatehouse could not read its list of files. Try again in a minute.',
      ),
    }),
  },
  {
    name: 'pictures-none-found',
    path: `${path}?find=castle`,
    scenario: portalScenario(mia, empty),
  },
  {
    name: 'pictures-full',
    path,
    scenario: portalScenario(mia, {
      ...answers,
      'GET folders/mine': ownFolder(mia, { ...fullFolder, retentionDays: 30 }),
    }),
    viewportOnly: true,
    act: seePictures,
  },
  {
    name: 'pictures-selected',
    path,
    scenario: portalScenario(mia, answers),
    viewportOnly: true,
    act: async (page) => {
      await seePictures(page)
      await press(page, 'Select')
      for (const output of [newest, second, outputs[6]]) {
        await page.getByRole('button', { name: output?.name ?? '' }).click()
      }
    },
  },
  {
    name: 'pictures-removed',
    path,
    scenario: portalScenario(mia, { ...answers, 'POST outputs/remove': { done: 1 } }),
    viewportOnly: true,
    act: async (page) => {
      await seePictures(page)
      await page.getByRole('button', { name: newest?.name ?? '' }).focus()
      await page.keyboard.press('Delete')
      await page.getByRole('button', { name: 'Undo' }).waitFor()
    },
  },
  {
    name: 'pictures-bin',
    path: `${path}?removed=true`,
    scenario: portalScenario(mia, { ...answers, 'GET outputs': toOutputPages(outputs.slice(0, 6)) }),
    viewportOnly: true,
    act: seePictures,
  },
  {
    name: 'pictures-bin-delete',
    path: `${path}?removed=true`,
    scenario: portalScenario(mia, { ...answers, 'GET outputs': toOutputPages(outputs.slice(0, 6)) }),
    viewportOnly: true,
    act: async (page) => {
      await seePictures(page)
      await press(page, 'Delete all for good')
      await page.getByRole('button', { name: 'Delete 6 files for good' }).waitFor()
    },
  },
  {
    name: 'picture-open',
    path: `${path}?picture=${second?.id ?? ''}`,
    scenario: portalScenario(mia, answers),
    viewportOnly: true,
    act: seeOpenPicture,
  },
  {
    name: 'picture-open-tall',
    path: `${path}?picture=${portrait?.id ?? ''}`,
    scenario: portalScenario(mia, {
      ...answers,
      [`POST outputs/${portrait?.id ?? ''}/input`]: { name: 'Landscape_00898_.png' },
    }),
    viewportOnly: true,
    act: async (page) => {
      await seeOpenPicture(page)
      await press(page, 'Use as input')
      await page.getByText('is ready').waitFor()
    },
  },
  {
    name: 'picture-open-zoomed',
    path: `${path}?picture=${second?.id ?? ''}`,
    scenario: portalScenario(mia, answers),
    viewportOnly: true,
    act: async (page) => {
      await seeOpenPicture(page)
      await press(page, 'Larger')
    },
  },
  {
    name: 'picture-open-sound',
    path: `${path}?picture=${sound?.id ?? ''}`,
    scenario: portalScenario(mia, answers),
    viewportOnly: true,
    act: seeOpenPicture,
  },
  {
    name: 'picture-gone',
    path: `${path}?picture=picture999999999`,
    scenario: portalScenario(mia, answers),
    viewportOnly: true,
    act: async (page) => {
      await page.getByText('no longer here').waitFor()
    },
  },
]

const everybodys = createOutputs(people.slice(1, 4))
const ownerAnswers = {
  'GET outputs': toOutputPages(everybodys),
  'GET folders': { items: createFolders(people), nextCursor: null },
  ...Object.fromEntries(everybodys.map((output) => [`GET outputs/${output.id}`, describeMade(output)])),
}
const ownerPath = '/gatehouse/owner/pictures'

export const ownerPictureShots: readonly Omit<Shot, 'place'>[] = [
  {
    name: 'owner-pictures',
    path: ownerPath,
    scenario: ownerScenario(ownerAnswers),
    viewportOnly: true,
    act: seePictures,
  },
  {
    name: 'owner-pictures-empty',
    path: ownerPath,
    scenario: ownerScenario({ ...ownerAnswers, 'GET outputs': { items: [], nextCursor: null } }),
  },
  {
    name: 'owner-picture-open',
    path: `${ownerPath}?picture=${everybodys[2]?.id ?? ''}`,
    scenario: ownerScenario(ownerAnswers),
    viewportOnly: true,
    act: seeOpenPicture,
  },
  {
    name: 'owner-folders',
    path: `${ownerPath}?view=folders`,
    scenario: ownerScenario(ownerAnswers),
    act: async (page) => {
      await page.getByText('Nearly full').waitFor()
    },
  },
  {
    name: 'owner-folder-room',
    path: `${ownerPath}?view=folders`,
    scenario: ownerScenario(ownerAnswers),
    viewportOnly: true,
    act: async (page) => {
      await press(page, 'Room of Leo')
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).waitFor()
    },
  },
  {
    name: 'owner-folder-moved',
    path: `${ownerPath}?view=folders`,
    scenario: ownerScenario(ownerAnswers),
    viewportOnly: true,
    act: async (page) => {
      await press(page, 'Choose another folder for Mia')
      await page.getByText('notes.txt').waitFor()
    },
  },
]

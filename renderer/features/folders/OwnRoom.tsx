import { StateWord } from '../../components/StateWord.tsx'
import { useOwnFolder } from './folderQueries.ts'
import { ownRoomWords } from './folderWords.ts'

/** "12.4 of 20 GB", and in words when it gets tight. Says nothing until it is known: it is not why one is here. */
export function OwnRoom() {
  const folder = useOwnFolder().data
  if (folder === undefined) return <>&nbsp;</>
  return (
    <>
      {folder.warning !== null && <StateWord tone="attention">{folder.warning}.</StateWord>} {ownRoomWords(folder)}
    </>
  )
}

import { Tabs } from '@mantine/core'
import { CopyButton } from '../../components/CopyButton.tsx'
import type { Recipe } from './recipes.ts'
import styles from './RecipeTabs.module.css'

interface RecipeTabsProps {
  readonly recipes: readonly Recipe[]
}

/** Ready lines for the tools people use, with the real address and the key in them. */
export function RecipeTabs({ recipes }: RecipeTabsProps) {
  return (
    <Tabs defaultValue={recipes[0]?.title ?? null} classNames={{ list: styles.list ?? '', tab: styles.tab ?? '' }}>
      <Tabs.List aria-label="Use the key with">
        {recipes.map((recipe) => (
          <Tabs.Tab key={recipe.title} value={recipe.title}>
            {recipe.title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {recipes.map((recipe) => (
        <Tabs.Panel key={recipe.title} value={recipe.title}>
          <div className={styles.panel}>
            <p className="quiet small">{recipe.hint}</p>
            <pre className={styles.code} tabIndex={0}>
              {recipe.code}
            </pre>
            <CopyButton text={recipe.code} secret label="Copy these lines" />
          </div>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

/** 512 short, friendly, plainly spelled words: nine bits each. Chosen for this program. */
export const friendlyWords: readonly string[] = `
acorn alder amber anchor apple apron arch arrow ash aspen attic aunt autumn badge badger bagel baker
bamboo banjo barn basil basket beach beacon bead bean bear beaver bee bell bench berry birch bloom
blue boat book boot bottle bowl box brass bread breeze brick bridge brook broom brush bucket buckle
bus butter button cabin cactus cake camel camera candle canoe canyon cap caravan carpet carrot
castle cat cave cedar cello chair chalk cheese cherry chess chimney circle circus citrus clay cliff
clock cloud clover coast coat cobalt cocoa coconut coffee coin comet compass cookie copper coral
cork corner cottage cotton cousin cove cow crab crane crayon creek cricket crown crystal cup curtain
cushion cycle daisy dance dawn deer delta desk dew diary dinner dolphin donkey door dove dragon
drawer drum duck dune eagle earth easel echo elbow elm ember emerald engine evening falcon farm
feather fence fern ferry fiddle field fig finch finger fir firefly fish flag flame flute fog forest
fork fossil fox frog frost fruit garden garlic gate gecko geese ginger giraffe glacier glass globe
glove goat gold goose grain granite grape grass gravel green grove guitar gull hammer hammock harbor
harp harvest hat hazel hearth hedge hen herb heron hill hinge holly honey hoof horizon horn horse
house iceberg icicle indigo ink iris iron island ivory ivy jacket jade jam jar jasmine jelly jewel
jigsaw journey juice jungle juniper kayak kettle key kitchen kite kitten kiwi koala ladder ladle
lagoon lake lamp lantern larch lark lasso laurel lava leaf lemon lentil letter library lichen lilac
lily lime linen lion lizard llama lobster lotus lynx magnet mango mantle maple marble marina market
marsh meadow melody melon mint mirror mitten moon moose morning mosaic moss moth motor mouse muffin
museum music mustard napkin nectar needle nest nettle noodle north nutmeg oak oasis oat oboe ocean
olive onion opal orange orbit orchard orchid otter oven owl oyster paddle page paint palace palm
pancake panda panther paper parade parrot pasta path peach peacock peanut pear pearl pebble pelican
pencil penguin pepper petal piano picnic pigeon pillow pine pink planet plate plaza plum pocket pond
pony poplar poppy porch potato prairie prism puddle puffin pumpkin puzzle quail quartz quill quilt
rabbit radio radish raft rain raisin raven reed reef ribbon rice ridge ring river robin rocket roof
rope rose ruby saddle saffron sail salad salmon salt sand sandal satin saucer scarf school seal
season seed shadow shell ship shoe shore silk silver skate sketch sky sled slipper snail snow soap
soccer sofa song soup sparrow spice spider spinach spiral spoon spring spruce squash stable star
statue steam stone stork storm stove straw stream sugar summer sun sunset swan sweater table tango
tea teapot temple tent thicket thistle thunder ticket tiger timber toast toffee tomato topaz torch
tower tractor trail train tree trout trumpet tulip tundra tunnel turtle twig valley vanilla vase
velvet village vine violet violin waffle wagon walnut walrus water wave wax weaver whale wheat wheel
whistle willow window wing winter wolf wood wool wren yard yarn yellow yoga zebra zigzag zinc
`
  .trim()
  .split(/\s+/)

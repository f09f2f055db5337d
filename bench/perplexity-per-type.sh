#!/bin/sh
# Prints what each weight type costs a model: perplexity on a text and KL divergence from the model as it is.
#
#   bench/perplexity-per-type.sh MODEL.gguf TEXT [TYPE ...]
#
# Kernels of the Vector API with float32 activations judge, so that the figures tell of the weights alone.
set -eu

if [ $# -lt 2 ]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
model=$1
text=$2
shift 2
[ $# -gt 0 ] || set -- F16 Q8_0 Q6_K Q5_1 Q5_K_M Q5_K_S Q5_0 Q4_1 Q4_K_M Q4_K_S Q4_0 IQ4_NL IQ4_XS NVFP4 MXFP4 \
  Q3_K_L Q3_K_M Q3_K_S IQ3_M IQ3_S IQ3_XXS Q2_K Q2_K_S IQ2_M IQ2_S IQ2_XS IQ2_XXS TQ2_0 TQ1_0
levin=$(cd "$(dirname "$0")/.." && pwd)/levin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

measure() {
  "$levin" -Dlevin.cpu.kernels=vector -Dlevin.cpu.gemm=fma perplexity -f "$text" "$@" --json
}

field() {
  sed -n "s/^ *\"$1\" : \([-+0-9.eE]*\),\{0,1\}\$/\1/p" "$folder/result.json" | sed -n "${2:-1}p"
}

measure -m "$model" > "$folder/result.json"
base=$(field perplexity)
echo "| weights | MiB | perplexity | +- | change | mean KL | largest KL | same best token |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
printf '| as given | %.2f | %.4f | %.4f | | | | |\n' \
  "$(awk -v bytes="$(wc -c < "$model")" 'BEGIN { print bytes / 1048576 }')" "$base" "$(field standardError)"
for type in "$@"; do
  "$levin" quantize -m "$model" -o "$folder/model.gguf" --type "$type" --requantize > /dev/null
  measure -m "$folder/model.gguf" --kl-base "$model" > "$folder/result.json"
  awk -v type="$type" -v bytes="$(wc -c < "$folder/model.gguf")" -v base="$base" -v value="$(field perplexity)" \
    -v error="$(field standardError)" -v mean="$(field mean)" -v most="$(field most)" -v same="$(field sameBest)" 'BEGIN {
      printf "| %s | %.2f | %.4f | %.4f | %+.2f %% | %.1e | %.1e | %.1f %% |\n",
        type, bytes / 1048576, value, error, 100 * (value / base - 1), mean, most, 100 * same }'
done
